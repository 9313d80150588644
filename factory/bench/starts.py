"""Start-up, imports, memory and size: what whole processes use, and what lies on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from factory.bench.contenders import Opened
from factory.bench.facts import Snippet
from factory.bench.processes import ProcessError
from factory.bench.run import Row, Suite
from factory.bench.turns import take_turns
from factory.console import Console


def measure_starts(
    suite: Suite,
    snippets: Sequence[Snippet],
    contenders: Sequence[Opened],
    rounds: int,
    console: Console,
) -> Iterator[Row]:
    """Take CPU and wall time, in seconds, of processes; the first one of each is not counted."""
    for snippet in snippets:

        def once(one: Opened, number: int, snippet: Snippet = snippet) -> tuple[float, float]:
            used = one.run(*snippet.options, "-c", snippet.code)
            used.expect(f"{one.name} {snippet.name}")
            return used.cpu, used.wall

        found = take_turns(contenders, rounds + 1, once, console=console, label=snippet.name)
        for index, clock in enumerate(("CPU", "wall")):
            samples = {
                name: tuple((values[index],) for values in pairs[1:])
                for name, pairs in found.items()
            }
            yield Row(suite=suite, name=f"{snippet.name} ({clock})", unit="s", samples=samples)


def measure_memory(
    snippets: Sequence[Snippet], contenders: Sequence[Opened], rounds: int, console: Console
) -> Iterator[Row]:
    """Take the largest resident set and the part of it that no file backs, in bytes."""
    for snippet in snippets:

        def once(one: Opened, number: int, snippet: Snippet = snippet) -> tuple[float, float]:
            used = one.run(*snippet.options, one.probe("memory"), snippet.code)
            out = used.expect(f"{one.name}: memory of {snippet.name}").out
            try:
                resident, own = map(float, out.split())
            except ValueError as error:
                raise ProcessError(f"{one.name}: no figures of memory: {out!r}") from error
            return resident, own

        found = take_turns(contenders, rounds, once, console=console, label=snippet.name)
        for index, what in enumerate(("resident", "of it anonymous")):
            samples = {
                name: tuple((values[index],) for values in pairs) for name, pairs in found.items()
            }
            row_name = f"{snippet.name} ({what})"
            yield Row(suite=Suite.MEMORY, name=row_name, unit="B", samples=samples)


def measure_size(contenders: Sequence[Opened]) -> Iterator[Row]:
    """Take the size of the executable, and of all that the same use needs beside it, in bytes."""
    alone, together = {}, {}
    for one in contenders:
        executable = one.on_host(one.identity.executable).stat().st_size
        alone[one.name] = ((float(executable),),)
        library = one.on_host(one.identity.library)
        beside = _tree_size(library) + _shared_size(one, library)
        together[one.name] = ((float(executable + beside),),)
    yield Row(suite=Suite.SIZE, name="executable", unit="B", samples=alone)
    name = "executable, standard library and shared objects"
    yield Row(suite=Suite.SIZE, name=name, unit="B", samples=together)


def _shared_size(one: Opened, library: Path) -> int:
    """Add up the shared objects that are mapped once every extension module is imported."""
    out = one.run("-I", one.probe("mapped")).expect(f"{one.name}: its shared objects").out
    paths = {one.on_host(path) for path in out.splitlines()}
    return sum(path.stat().st_size for path in paths if not path.is_relative_to(library))


def _tree_size(folder: Path) -> int:
    """Add up the library's files: without byte code, tests, and what was installed on top."""
    left_out = {"__pycache__", "test", "site-packages", "dist-packages"}
    if not folder.is_dir():
        return 0
    return sum(
        path.lstat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not left_out & set(path.relative_to(folder).parts)
    )
