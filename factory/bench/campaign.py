"""A run of the suites that are wanted, on all interpreters, in turn."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyperf

from factory.bench.contenders import Opened, open_all
from factory.bench.facts import BenchFacts
from factory.bench.instructions import Judgement, count_instructions, find_valgrind, judge
from factory.bench.machine import describe_machine
from factory.bench.micro import measure_micro
from factory.bench.parts import measure_parts
from factory.bench.programs import Program, choose, lay_out
from factory.bench.request import Request
from factory.bench.run import Row, Run, Suite
from factory.bench.starts import measure_memory, measure_size, measure_starts
from factory.bench.workers import measure_programs
from factory.console import Console

# Processes of a kind for one round of programs: a short one says less.
_STARTS, _IMPORTS, _MEMORY = 10, 5, 2


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A run, what pyperf reads of it by interpreter, and the verdicts on ceilings."""

    run: Run
    benchmarks: Mapping[str, list[pyperf.Benchmark]]
    judgements: tuple[Judgement, ...]


@dataclass(kw_only=True)
class _Field:
    """What the suites share, and what they found so far."""

    request: Request
    facts: BenchFacts
    contenders: tuple[Opened, ...]
    workspace: Path
    cache: Path
    console: Console
    benchmarks: dict[str, list[pyperf.Benchmark]] = field(default_factory=dict)
    judgements: list[Judgement] = field(default_factory=list)


def measure(request: Request, facts: BenchFacts, cache: Path, console: Console) -> Outcome:
    """Measure everything that is wanted.

    UsageError for an unknown interpreter or program, MachineError for what the machine lacks,
    ProcessError where a process crashes on which a suite depends.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    if Suite.PROGRAMS in request.suites:
        _chosen(request, facts)  # a wrong name is told before anything runs
    if Suite.INSTRUCTIONS in request.suites:
        find_valgrind()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="factory-bench-"))
        Path(folder).chmod(0o755)
        contenders = stack.enter_context(
            open_all((request.subject, *request.peers), Path(folder), cache, console)
        )
        field_ = _Field(
            request=request,
            facts=facts,
            contenders=contenders,
            workspace=Path(folder),
            cache=cache,
            console=console,
        )
        machine = describe_machine()
        rows = [row for suite in request.suites for row in _suite(suite, field_)]
        subject = contenders[0]
        executable = subject.on_host(subject.identity.executable)
        wanted = Suite.SIZE in request.suites
        parts = measure_parts(executable, request.symbols, facts) if wanted else ()
    run = Run(
        command=request.command,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 1),
        rounds=request.rounds,
        quick=request.quick,
        machine=machine,
        contenders=tuple(one.contender for one in contenders),
        rows=tuple(rows),
        parts=parts,
        notes=tuple(judgement.text for judgement in field_.judgements),
    )
    return Outcome(run=run, benchmarks=field_.benchmarks, judgements=tuple(field_.judgements))


def _chosen(request: Request, facts: BenchFacts) -> tuple[Program, ...]:
    return choose(facts, named=request.programs, full=request.full, quick=request.quick)


def _suite(suite: Suite, field_: _Field) -> Iterator[Row]:
    field_.console.note(f"{suite.title}: {', '.join(one.name for one in field_.contenders)}")
    yield from _SUITES[suite](field_)


def _programs(field_: _Field) -> Iterator[Row]:
    programs = _chosen(field_.request, field_.facts)
    files = lay_out(programs, field_.workspace, field_.cache, field_.console)
    measured = measure_programs(
        programs,
        files,
        field_.contenders,
        field_.request.rounds,
        field_.workspace,
        field_.console,
        quick=field_.request.quick,
    )
    field_.benchmarks.update(measured.benchmarks)
    yield from measured.rows


def _startup(field_: _Field) -> Iterator[Row]:
    rounds = field_.request.rounds * _STARTS
    snippets = field_.facts.startup
    yield from measure_starts(Suite.STARTUP, snippets, field_.contenders, rounds, field_.console)


def _imports(field_: _Field) -> Iterator[Row]:
    rounds = field_.request.rounds * _IMPORTS
    snippets = field_.facts.imports
    yield from measure_starts(Suite.IMPORTS, snippets, field_.contenders, rounds, field_.console)


def _memory(field_: _Field) -> Iterator[Row]:
    rounds = field_.request.rounds * _MEMORY
    yield from measure_memory(field_.facts.memory, field_.contenders, rounds, field_.console)


def _size(field_: _Field) -> Iterator[Row]:
    yield from measure_size(field_.contenders)


def _micro(field_: _Field) -> Iterator[Row]:
    rounds = field_.request.rounds
    yield from measure_micro(field_.facts.micro, field_.contenders, rounds, field_.console)


def _instructions(field_: _Field) -> Iterator[Row]:
    row = count_instructions(field_.contenders)
    subject, profile = field_.contenders[0], field_.request.profile
    field_.judgements.extend(judge(row, subject, field_.facts, profile))
    yield row


_SUITES: Mapping[Suite, Callable[[_Field], Iterator[Row]]] = {
    Suite.PROGRAMS: _programs,
    Suite.STARTUP: _startup,
    Suite.IMPORTS: _imports,
    Suite.MEMORY: _memory,
    Suite.SIZE: _size,
    Suite.MICRO: _micro,
    Suite.INSTRUCTIONS: _instructions,
}
