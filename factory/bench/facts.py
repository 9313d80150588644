"""Load what is measured; what is wrong in the file is an error that names file and key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from factory.catalog import DATA, Table


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """A process to start: the interpreter's options and the code after `-c`."""

    name: str
    options: tuple[str, ...]
    code: str


@dataclass(frozen=True, kw_only=True)
class Micro:
    """A statement that is repeated; `setup` runs once before it."""

    name: str
    group: str
    setup: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Component:
    """A part of the executable, and the shell patterns of what belongs to it."""

    name: str
    objects: tuple[str, ...]
    symbols: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """The most instructions that starting up may take."""

    python: str
    arch: str
    profile: str
    instructions: int


@dataclass(frozen=True, kw_only=True)
class BenchFacts:
    """All that the file says."""

    programs: tuple[str, ...]
    quick_programs: tuple[str, ...]
    left_out: dict[str, str]
    startup: tuple[Snippet, ...]
    imports: tuple[Snippet, ...]
    memory: tuple[Snippet, ...]
    micro: tuple[Micro, ...]
    components: tuple[Component, ...]
    ceilings: tuple[Ceiling, ...]

    def ceiling(self, *, python: str, arch: str, profile: str) -> int | None:
        """Find the ceiling of a minor version's build; None where none is set."""
        wanted = (python, arch, profile)
        found = (c for c in self.ceilings if (c.python, c.arch, c.profile) == wanted)
        return next((ceiling.instructions for ceiling in found), None)


def load_bench(path: Path = DATA / "bench.yaml") -> BenchFacts:
    """Load the facts of `factory bench`, by default the factory's own; UsageError."""
    table = Table.load(path)
    facts = BenchFacts(
        programs=table.texts("programs"),
        quick_programs=table.texts("quick_programs"),
        left_out=_left_out(table),
        startup=_snippets(table, "startup"),
        imports=_snippets(table, "imports"),
        memory=_snippets(table, "memory"),
        micro=tuple(_micro(row) for row in table.tables("micro")),
        components=tuple(_component(row) for row in table.tables("components")),
        ceilings=tuple(_ceiling(row) for row in table.tables("ceilings")),
    )
    table.done()
    _check(table, facts)
    return facts


def _check(table: Table, facts: BenchFacts) -> None:
    _once(table, "programs", facts.programs)
    _once(table, "micro", [one.name for one in facts.micro])
    _once(table, "components", [one.name for one in facts.components])
    _once(table, "ceilings", [f"{c.python} {c.arch} {c.profile}" for c in facts.ceilings])
    for name in facts.quick_programs:
        table.one_of("quick_programs", name, facts.programs)
    for name in facts.programs:
        if name in facts.left_out:
            raise table.wrong("left_out", f"{name} is among the programs")


def _once(table: Table, key: str, names: tuple[str, ...] | list[str]) -> None:
    name, times = Counter(names).most_common(1)[0] if names else ("", 1)
    if times > 1:
        raise table.wrong(key, f"{name} stands twice")


def _left_out(table: Table) -> dict[str, str]:
    found = {}
    for row in table.tables("left_out"):
        reason = row.text("reason")
        found.update(dict.fromkeys(row.texts("programs"), reason))
        row.done()
    return found


def _snippets(table: Table, key: str) -> tuple[Snippet, ...]:
    rows = table.tables(key)
    snippets = tuple(
        Snippet(name=row.text("name"), options=row.texts("options"), code=row.text("code"))
        for row in rows
    )
    for row in rows:
        row.done()
    _once(table, key, [one.name for one in snippets])
    return snippets


def _micro(row: Table) -> Micro:
    micro = Micro(
        name=row.text("name"),
        group=row.text("group"),
        setup=row.optional_text("setup") or "",
        code=row.text("code"),
    )
    row.done()
    return micro


def _component(row: Table) -> Component:
    component = Component(
        name=row.text("name"), objects=row.texts("objects"), symbols=row.texts("symbols")
    )
    row.done()
    return component


def _ceiling(row: Table) -> Ceiling:
    ceiling = Ceiling(
        python=row.text("python"),
        arch=row.text("arch"),
        profile=row.text("profile"),
        instructions=row.number("instructions"),
    )
    row.done()
    return ceiling
