"""Load the list of wheels; what is wrong in it is an error that names file and key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from factory.catalog import DATA, Table, in_range

USES = Path(__file__).parents[1] / "uses"
HOST, EMPTY_ROOT = "host", "empty root"

# What a package may demand of an empty root.
_LENT = ("/proc", "/dev/null", "/dev/urandom")


@dataclass(frozen=True, kw_only=True)
class Need:
    """A path of the host that an empty root must show, and why."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class KnownFailure:
    """Where a package does not work, and why."""

    package: str
    places: tuple[str, ...]
    versions: SpecifierSet
    cause: str

    def covers(self, package: str, place: str, version: str) -> bool:
        """Tell whether a failure there is this one."""
        return package == self.package and place in self.places and in_range(version, self.versions)


@dataclass(frozen=True, kw_only=True)
class Package:
    """One package: what pip is asked for, and the file that uses it."""

    name: str
    use: Path
    compiled: str
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WheelList:
    """All packages of the suite, in the order in which they are installed."""

    packages: tuple[Package, ...]
    quick: frozenset[str]
    known_failures: tuple[KnownFailure, ...]

    def chosen(self, *, quick: bool) -> tuple[Package, ...]:
        """Return all packages, or those of the quick subset."""
        return tuple(one for one in self.packages if not quick or one.name in self.quick)

    def known_failure(self, package: str, place: str, version: str) -> KnownFailure | None:
        """Find out whether it is known that a package does not work."""
        known = (one for one in self.known_failures if one.covers(package, place, version))
        return next(known, None)


def load_wheels(path: Path = DATA / "wheels.yaml") -> WheelList:
    """Load a list of wheels, by default the factory's own."""
    table = Table.load(path)
    packages = tuple(_package(row) for row in table.tables("packages"))
    names = [one.name for one in packages]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise table.wrong("packages", f"{min(doubled)} stands twice")
    if not packages:
        raise table.wrong("packages", "missing")
    quick = table.texts("quick")
    for name in quick:
        if name not in names:
            raise table.wrong("quick", f"{name} is not among the packages")
    failures = tuple(_known_failure(row, names) for row in table.tables("known_failures"))
    table.done()
    return WheelList(packages=packages, quick=frozenset(quick), known_failures=failures)


def _package(row: Table) -> Package:
    name = row.text("name")
    try:
        distribution = canonicalize_name(Requirement(name).name)
    except InvalidRequirement as error:
        raise row.wrong("name", f"{name!r} is nothing that pip knows") from error
    use = USES / row.text("use")
    if not use.is_file():
        raise row.wrong("use", f"no such file: {use}")
    package = Package(
        name=name,
        use=use,
        compiled=row.optional_text("compiled") or distribution,
        needs=tuple(_need(need) for need in row.tables("needs")),
    )
    row.done()
    return package


def _need(row: Table) -> Need:
    need = Need(path=row.text("path"), reason=row.text("reason"))
    if need.path not in _LENT:
        raise row.wrong("path", f"an empty root shows {', '.join(_LENT)} at most")
    row.done()
    return need


def _known_failure(row: Table, names: list[str]) -> KnownFailure:
    package = row.text("package")
    if package not in names:
        raise row.wrong("package", f"{package} is not among the packages")
    place = row.optional_text("where")
    if place not in (None, HOST, EMPTY_ROOT):
        raise row.wrong("where", f"wanted {HOST!r} or {EMPTY_ROOT!r}, found {place!r}")
    failure = KnownFailure(
        package=package,
        places=(place,) if place else (HOST, EMPTY_ROOT),
        versions=row.versions("when"),
        cause=row.text("cause"),
    )
    row.done()
    return failure
