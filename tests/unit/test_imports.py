"""Imports point one way: a module imports from a lower rank, or from its own subpackage."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import factory

PACKAGE = Path(factory.__file__).parent

# From the lowest rank to the highest; a name stands for a module or for a subpackage.
RANKS = (
    {"factory"},
    {"errors"},
    {"model"},
    {"archives", "console", "shared_cache"},
    {"catalog"},
    {"toolchains"},
    {"recipes"},
    {"planner", "matrix"},
    {"sources", "engines", "cache", "patching"},
    {"runner"},
    {"stdlib", "runtime", "training", "bolt", "verify", "package"},
    {"bench", "doctor", "listing", "publish", "pins"},
    {"pipeline", "changes"},
    {"arguments"},
    {"commands"},
    {"cli"},
    {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}

# These run elsewhere: inside the Python that is being built or verified, or before anything else.
ALONE = (
    "factory.stdlib.freeze",
    "factory.stdlib.pack_code",
    "factory.stdlib.statics",
    "factory.stdlib.texts",
    "factory.stdlib.embed",
    "factory.runtime.",
    "factory.training.",
    "factory.bolt.finish",
    "factory.bench.probes.",
    "factory.verify.probes.",
    "factory.verify.uses.",
    "factory.verify.enter_root",
)


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(file): ast.parse(file.read_text(encoding="utf-8"), file)
    for file in sorted(PACKAGE.rglob("*.py"))
    if "_patches" not in file.parts
}


def imports(module: str) -> Iterator[str]:
    """Yield every module of ours that a module imports, wherever the import stands."""
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: line {node.lineno}: a relative import"
            if node.module in MODULES:
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                yield from (inner & MODULES.keys()) or {node.module}


def part(module: str) -> str:
    """Return the name that the table of ranks has for a module."""
    names = module.split(".")
    return names[1] if len(names) > 1 else names[0]


def test_every_module_has_a_rank_and_every_rank_a_module() -> None:
    assert {part(module) for module in MODULES} == RANK.keys()


def test_imports_point_one_way() -> None:
    wrong = [
        f"{module} imports {imported}"
        for module in MODULES
        for imported in imports(module)
        if part(imported) != part(module) and RANK[part(imported)] >= RANK[part(module)]
    ]
    assert wrong == []


def test_no_imports_in_a_circle() -> None:
    graph = {module: set(imports(module)) - {module} for module in MODULES}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) == MODULES.keys()


def test_the_model_does_nothing() -> None:
    """Values that every stage hands to the next know neither files nor processes."""
    allowed = {
        *("__future__", "collections", "dataclasses", "difflib", "enum", "functools", "hashlib"),
        *("json", "pathlib", "typing", "factory"),
    }
    for module in MODULES:
        if part(module) == "model":
            assert top_level(module) <= allowed, module


def test_recipes_do_nothing() -> None:
    allowed = {"__future__", "collections", "dataclasses", "packaging", "pathlib", "factory"}
    for module in MODULES:
        if part(module) == "recipes":
            assert top_level(module) <= allowed, module


def test_what_runs_elsewhere_imports_nothing_of_ours() -> None:
    alone = [module for module in MODULES if module.startswith(ALONE)]
    assert len(alone) > len(ALONE)
    for module in alone:
        assert "factory" not in top_level(module), module


def test_nothing_of_the_tests_is_imported() -> None:
    for module in MODULES:
        assert not {"pytest", "tests", "unittest"} & top_level(module), module


def top_level(module: str) -> set[str]:
    found = set()
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
