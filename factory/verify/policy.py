"""Load what verification allows and demands; every entry of the file gives its reason."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.specifiers import SpecifierSet

from factory.catalog import DATA, Table, in_range
from factory.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One pattern (or prefix) and why it stands in the policy."""

    pattern: str
    reason: str

    def matches(self, name: str) -> bool:
        """Tell whether the pattern, with `*` and `?`, covers the whole of `name`."""
        return fnmatchcase(name, self.pattern)


@dataclass(frozen=True, kw_only=True)
class ModuleGroup:
    """Extension modules that the releases of a range must have."""

    modules: tuple[str, ...]
    reason: str
    versions: SpecifierSet

    def covers(self, version: str) -> bool:
        """Tell whether a version is in range."""
        return in_range(version, self.versions)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """All that checks need to know beyond the artifact itself."""

    forbidden_paths: tuple[Rule, ...]
    allowed_paths: tuple[Rule, ...]
    generated_files: tuple[Rule, ...]
    extra_exports: tuple[Rule, ...]
    not_imported: tuple[Rule, ...]
    extension_modules: tuple[ModuleGroup, ...]

    def promised(self, version: str) -> frozenset[str]:
        """Name the extension modules that a complete build of a version has."""
        groups = (group for group in self.extension_modules if group.covers(version))
        return frozenset(name for group in groups for name in group.modules)

    def allows_path(self, path: str) -> bool:
        """Tell whether a path found in an artifact is known to come from upstream's sources."""
        return any(rule.matches(path) for rule in self.allowed_paths)

    def imports(self, module: str) -> bool:
        """Tell whether a module of the standard library must be importable."""
        return not any(rule.matches(module) for rule in self.not_imported)


def load_policy(path: Path = DATA / "policy.yaml") -> Policy:
    """Load a policy file, by default the factory's own; UsageError names file and key."""
    table = Table.load(path)
    groups = tuple(_module_group(row) for row in table.tables("extension_modules"))
    policy = Policy(
        forbidden_paths=_rules(table, "forbidden_paths", "path"),
        allowed_paths=_rules(table, "allowed_paths", "path"),
        generated_files=_rules(table, "generated_files", "file"),
        extra_exports=_rules(table, "extra_exports", "symbol"),
        not_imported=_rules(table, "not_imported", "module"),
        extension_modules=groups,
    )
    table.done()
    _check_contradictions(policy, path)
    return policy


def _rules(table: Table, key: str, pattern_key: str) -> tuple[Rule, ...]:
    return tuple(_rule(row, pattern_key) for row in table.tables(key))


def _rule(row: Table, pattern_key: str) -> Rule:
    rule = Rule(pattern=row.text(pattern_key), reason=row.text("reason"))
    row.done()
    return rule


def _module_group(row: Table) -> ModuleGroup:
    group = ModuleGroup(
        modules=row.texts("modules"), reason=row.text("reason"), versions=row.versions("when")
    )
    row.done()
    return group


def _check_contradictions(policy: Policy, path: Path) -> None:
    for group in policy.extension_modules:
        for module in group.modules:
            if not policy.imports(module):
                raise UsageError(
                    f"{path}: extension_modules: {module} stands under 'not_imported' too"
                )
