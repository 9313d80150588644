"""Run pyperformance's programs in turn on all interpreters, with pyperf's values as result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyperf
from packaging.version import Version

from factory.bench.contenders import Opened
from factory.bench.processes import ProcessError
from factory.bench.programs import Program, ProgramFiles
from factory.bench.run import Row, Samples, Suite
from factory.bench.turns import take_turns
from factory.console import Console

_SECONDS = 900
# Of one process; a value takes at least so many seconds.
VALUES, LEAST, LEAST_QUICK = 3, 0.1, 0.03
# Where a value takes longer than these seconds, fewer will do.
LONG, VALUES_OF_LONG = 0.5, 2


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One benchmark of a program's file: pyperf counts them."""

    name: str
    number: int
    loops: int
    values: int


@dataclass(kw_only=True)
class Measured:
    """Rows, and by interpreter what pyperf's own commands read."""

    rows: list[Row] = field(default_factory=list)
    benchmarks: dict[str, list[pyperf.Benchmark]] = field(default_factory=dict)


def measure_programs(
    programs: Sequence[Program],
    files: ProgramFiles,
    contenders: Sequence[Opened],
    rounds: int,
    workspace: Path,
    console: Console,
    *,
    quick: bool = False,
) -> Measured:
    """Take CPU seconds of each program; one that fails is a warning and has no row."""
    measured = Measured(benchmarks={one.name: [] for one in contenders})
    (workspace / "results").mkdir(exist_ok=True)
    with console.progress("pyperformance", len(programs), unit="program") as bar:
        for program in programs:
            bar.describe(program.name)
            able = [one for one in contenders if _runs_on(program, one)]
            runner = _Runner(program, files, workspace, quick=quick)
            if contenders[0] in able:
                _measure(runner, able, rounds, measured, console)
            else:
                console.warn(f"{program.name} is not for {contenders[0].identity.version}")
            bar.advance(1)
    return measured


def _runs_on(program: Program, one: Opened) -> bool:
    return Version(one.identity.version).base_version in program.pythons


def _measure(
    runner: _Runner, able: Sequence[Opened], rounds: int, measured: Measured, console: Console
) -> None:
    try:
        for task in runner.tasks(able[0]):

            def once(one: Opened, number: int, task: _Task = task) -> pyperf.Benchmark:
                return runner.take(one, task, number)

            found = take_turns(able, rounds, once, console=console, label=task.name)
            samples: dict[str, Samples] = {}
            for name, benchmarks in found.items():
                whole = _whole(benchmarks)
                measured.benchmarks[name].append(whole)
                samples[name] = tuple(tuple(run.values) for run in whole.get_runs())
            measured.rows.append(
                Row(
                    suite=Suite.PROGRAMS,
                    name=task.name,
                    unit="s",
                    samples=samples,
                    program=runner.program.name,
                )
            )
    except ProcessError as error:
        console.warn(f"{runner.program.name} is left out: {error.message}")


def _whole(benchmarks: Sequence[pyperf.Benchmark]) -> pyperf.Benchmark:
    return pyperf.Benchmark([run for one in benchmarks for run in one.get_runs()])


class _Runner:
    """Starts one program as pyperf's worker."""

    def __init__(
        self, program: Program, files: ProgramFiles, workspace: Path, *, quick: bool
    ) -> None:
        self.program = program
        self._files = files
        self._workspace = workspace
        self._least = LEAST_QUICK if quick else LEAST
        self._count = 0

    def tasks(self, one: Opened) -> Iterator[_Task]:
        """Have pyperf find how often each benchmark of the file is repeated for one value."""
        options = ("--calibrate-loops", "-n", "1", "--min-time", str(self._least))
        for number, benchmark in enumerate(self._run(one, options, seed=0).get_benchmarks()):
            loops, seconds = benchmark.get_runs()[0].warmups[-1]
            values = VALUES_OF_LONG if loops * seconds > LONG else VALUES
            yield _Task(name=benchmark.get_name(), number=number, loops=loops, values=values)

    def take(self, one: Opened, task: _Task, seed: int) -> pyperf.Benchmark:
        """Run one process, which takes a few values."""
        amount = ("-l", str(task.loops), "-n", str(task.values))
        options = ("--worker-task", str(task.number), *amount)
        (benchmark,) = self._run(one, options, seed=seed).get_benchmarks()
        return benchmark

    def _run(self, one: Opened, options: Sequence[str], *, seed: int) -> pyperf.BenchmarkSuite:
        self._count += 1
        result = f"results/{self.program.name}-{self._count}.json"
        used = one.run(
            *("-s", one.probe("program")),
            f"{one.workspace}/{self._files.site}",
            f"{one.workspace}/{self._files.folder}/{self.program.script}",
            *self.program.arguments,
            *("--worker", "--quiet", "-w", "1", *options),
            *("--output", f"{one.workspace}/{result}"),
            seconds=_SECONDS,
            seed=seed,
        )
        used.expect(f"{self.program.name} on {one.name}")
        return self._read(self._workspace / result, one)

    def _read(self, path: Path, one: Opened) -> pyperf.BenchmarkSuite:
        try:
            return pyperf.BenchmarkSuite.load(str(path))
        except (OSError, ValueError) as error:
            raise ProcessError(f"{self.program.name} on {one.name}: no result: {error}") from error
        finally:
            path.unlink(missing_ok=True)
