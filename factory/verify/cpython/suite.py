"""Run CPython's test suite with an artifact and hold the results against what is expected."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from factory.console import Console, Progress
from factory.errors import MachineError, UsageError
from factory.model.arch import Arch
from factory.model.report import Finding, Report
from factory.model.target import Link
from factory.verify.case import Say
from factory.verify.cpython.compilers import compilers
from factory.verify.cpython.expected import Expectations, load_expectations
from factory.verify.cpython.places import interpreter_of, link_of, own_tree
from factory.verify.cpython.results import FileResult, State, read_result
from factory.verify.dist import DistError, open_dist
from factory.verify.elf import ElfError, read_elf
from factory.verify.interpreter import Interpreter, RunError, end_session, find_emulator, run
from factory.verify.runtime import identify

# What the process itself gets on top of the limit that regrtest keeps.
_GRACE = 60
_SURROUNDINGS = {"LANG": "C.UTF-8", "TERM": "xterm"}


def verify_cpython(
    paths: Sequence[Path],
    console: Console,
    *,
    tests: Sequence[str] = (),
    quick: bool = False,
    jobs: int = 1,
    expectations: Expectations | None = None,
) -> tuple[Report, ...]:
    """Run the suite (or the named files of it) with each artifact in turn.

    Raise UsageError where there is no artifact or no such test.
    """
    expectations = expectations or load_expectations()
    wanted = (*tests, *(expectations.quick if quick else ()))
    return tuple(_report(path, console, expectations, wanted, jobs) for path in paths)


def _report(
    path: Path, console: Console, expectations: Expectations, wanted: Sequence[str], jobs: int
) -> Report:
    subject = path.resolve().name
    say = Say("cpython", subject)
    with tempfile.TemporaryDirectory(prefix="tests-", ignore_cleanup_errors=True) as folder:
        try:
            suite = _opened(path, Path(folder).resolve(), expectations, console)
            names = suite.choose(wanted)
            results = suite.run(names, jobs)
        except (DistError, ElfError, MachineError, RunError) as error:
            return Report(subject=subject, findings=(say.error(error.message),))
        return Report(subject=subject, findings=tuple(suite.findings(results)))


def _opened(path: Path, workspace: Path, expectations: Expectations, console: Console) -> _Suite:
    dist = open_dist(path, workspace)
    if dist.root is None or dist.embedded:
        raise DistError("there are no tests in it: name the install_only archive or tree")
    scratch = workspace / "s"
    scratch.mkdir()
    facts = read_elf(dist.executable)
    arch = Arch.of_elf(facts.machine)
    if arch is None or find_emulator(arch) != ():
        raise DistError(f"not run: it is for {facts.machine}, this machine is not")
    link = link_of(facts)
    tree = own_tree(dist, dist.root, workspace)
    interpreter = interpreter_of(tree, dist.executable.name, link, scratch)
    return _Suite(
        subject=dist.subject,
        interpreter=interpreter,
        version=identify(interpreter).version,
        link=link,
        environment=compilers(arch, workspace),
        expectations=expectations,
        console=console,
    )


@dataclass(frozen=True, kw_only=True)
class _Suite:
    subject: str
    interpreter: Interpreter
    version: str
    link: Link
    environment: Mapping[str, str]
    expectations: Expectations
    console: Console
    # Processes that run now, by process id; Ctrl-C ends them.
    running: set[int] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)
    alone: list[str] = field(default_factory=list)

    def choose(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Name the files to run: all that this Python has, or those that are wanted."""
        outcome = self.interpreter.run("-m", "test", "--list-tests")
        known = tuple(outcome.expect("the list of tests").split())
        for name in wanted:
            if not any(_is(one, name) for one in known):
                raise UsageError(
                    f"Python {self.version} has no test file {name!r}",
                    hint="python -m test --list-tests names them",
                )
        return tuple(one for one in known if not wanted or any(_is(one, n) for n in wanted))

    def run(self, names: Sequence[str], jobs: int) -> tuple[FileResult, ...]:
        """Run the files beside each other; those that fail unexpectedly once more, alone."""
        self.console.note(f"running {len(names)} test files, {jobs} at a time: {self.subject}")
        with self.console.progress("tests", len(names), "file") as progress:
            results = self._beside_each_other(names, jobs, progress)
        again = [one.name for one in results.values() if self._unexpected(one)] if jobs > 1 else []
        if again:
            self.console.note(f"running {len(again)} once more, alone: {', '.join(again)}")
            with self.console.progress("again", len(again), "file") as progress:
                second = self._beside_each_other(again, 1, progress)
            self.alone.extend(name for name in again if not self._unexpected(second[name]))
            results |= second
        return tuple(results[name] for name in names)

    def _beside_each_other(
        self, names: Sequence[str], jobs: int, progress: Progress
    ) -> dict[str, FileResult]:
        results = {}
        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(self._run_file, name) for name in names]
            try:
                for future in as_completed(futures):
                    result = future.result()
                    results[result.name] = result
                    progress.describe(result.name)
                    progress.advance(1)
                    if self._unexpected(result):
                        self.console.note(f"{result.name}: {result.state.value}")
            except BaseException:
                self.stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                for process in tuple(self.running):
                    end_session(process)
                raise
        return results

    def _run_file(self, name: str) -> FileResult:
        seconds = self.expectations.seconds
        options = ("-W", "--fail-env-changed", "--timeout", str(seconds))
        ignored = (part for test in self.expectations.ignored for part in ("-i", test))
        resources = ("-u", ",".join(self.expectations.resources))
        with tempfile.TemporaryDirectory(
            prefix="t", dir=self.interpreter.scratch, ignore_cleanup_errors=True
        ) as folder:
            outcome = run(
                (
                    *(*self.interpreter.prefix, self.interpreter.executable),
                    *("-m", "test", *options, *resources, *ignored, name),
                ),
                cwd=Path(folder),
                seconds=seconds + _GRACE,
                environment={**self.environment, **_SURROUNDINGS, "HOME": folder, "TMPDIR": folder},
                on_start=self._note_running,
            )
        return read_result(name, outcome)

    def _note_running(self, process: int) -> None:
        self.running.add(process)
        if self.stopped.is_set():
            end_session(process)

    def _unexpected(self, result: FileResult) -> bool:
        expected = {one.test for one in self.expectations.of(result.name, self.version)}
        if result.state is State.SKIPPED:
            return False
        return result.failing.keys() != expected

    def findings(self, results: Sequence[FileResult]) -> Iterator[Finding]:
        """Say what is not as expected, then what is, then the counts."""
        explained = 0
        for result in results:
            say = Say(result.name, self.subject)
            expected = {one.test: one for one in self.expectations.of(result.name, self.version)}
            for test in sorted(result.failing.keys() - expected.keys()):
                yield say.error(f"{test} ({result.state.value}): {result.failing[test]}")
            for test, failure in expected.items():
                if test in result.failing:
                    explained += 1
                    yield say.note(f"expected failure, {test}: {failure.reason} ({failure.see})")
                elif result.state is not State.SKIPPED:
                    yield say.error(f"{test} did not fail: remove it from expected_failures")
            if result.name in self.alone:
                yield say.warning("failed beside other tests, passed alone")
        yield self._skipped(results)
        yield self._counts(results, explained)

    def _skipped(self, results: Sequence[FileResult]) -> Finding:
        skipped = [one for one in results if one.state is State.SKIPPED]
        names = "; ".join(f"{one.name} ({one.detail})" for one in skipped)
        return Say("skipped", self.subject).note(f"{len(skipped)} files: {names}")

    def _counts(self, results: Sequence[FileResult], explained: int) -> Finding:
        states = Counter(one.state for one in results)
        files = ", ".join(f"{states[state]} {state.value}" for state in State if states[state])
        run_, skipped = sum(one.run for one in results), sum(one.skipped for one in results)
        return Say("counts", self.subject).ok(
            f"Python {self.version}, {self.link.value}: {len(results)} files ({files}); "
            f"{run_} tests run, {skipped} skipped, {explained} failed as expected"
        )


def _is(name: str, wanted: str) -> bool:
    """Tell whether a listed file is the wanted one, or a part of the wanted package."""
    name, wanted = name.removeprefix("test."), wanted.removeprefix("test.")
    return name == wanted or name.startswith(f"{wanted}.")
