"""Start the interpreter under test: clean environment, time limit, no terminal, no leftovers."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from factory.errors import VerificationError
from factory.model.arch import Arch

PROBES = Path(__file__).parent / "probes"
_SHOWN_OUTPUT = 400


class RunError(VerificationError):
    """A program under test crashed, ran out of time or answered with rubbish."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one run ended; `returncode` is None when it ran out of time."""

    argv: tuple[str, ...]
    returncode: int | None
    stdout: str
    stderr: str
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether the exit code is 0."""
        return self.returncode == 0

    @property
    def ending(self) -> str:
        """Say in words how the run ended and what it said last."""
        match self.returncode:
            case None:
                how = f"no end after {self.seconds:.0f} s"
            case code if code < 0:
                how = f"killed by {_signal_name(-code)}"
            case code:
                how = f"exit code {code}"
        said = (self.stderr.strip() or self.stdout.strip())[-_SHOWN_OUTPUT:]
        return f"{how}: {said}" if said else how

    def expect(self, what: str) -> str:
        """Return standard output of a clean run; RunError naming `what` was run else."""
        if not self.clean:
            raise RunError(f"{what}: {self.ending}")
        return self.stdout


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def run(
    argv: tuple[str, ...],
    *,
    cwd: Path,
    seconds: float,
    stdin: str = "",
    environment: Mapping[str, str] | None = None,
    on_start: Callable[[int], None] | None = None,
) -> Outcome:
    """Run a program in a session of its own and kill all of that session when time is up.

    `on_start` gets the process id, for `end_session`.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=dict(environment or {}),
            start_new_session=True,
        )
    except OSError as error:
        raise RunError(f"{argv[0]} cannot be started: {error.strerror or error}") from error
    returncode: int | None
    with process:
        try:
            if on_start:
                on_start(process.pid)
            out, err = process.communicate(stdin.encode(), timeout=seconds)
            returncode = process.returncode
        except subprocess.TimeoutExpired:
            end_session(process.pid)
            out, err = process.communicate()
            returncode = None
        except BaseException:
            # Interrupted from the keyboard, whose signal another session does not get.
            end_session(process.pid)
            raise
    return Outcome(
        argv=argv,
        returncode=returncode,
        stdout=out.decode(errors="replace"),
        stderr=err.decode(errors="replace"),
        seconds=seconds,
    )


def end_session(process: int) -> None:
    """Kill a program that `run` started, and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one question of a probe came to; `detail` is the evidence or the failure."""

    question: str
    passed: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """The interpreter under test and how to start it.

    `prefix` stands before the executable on every command line: an emulator, or the way into
    an empty root. `starts_children` tells whether the interpreter can start itself again;
    `patience` multiplies all time limits.
    """

    executable: str
    scratch: Path
    prefix: tuple[str, ...] = ()
    starts_children: bool = True
    patience: float = 1

    def at(self, executable: Path) -> Interpreter:
        """The same way of starting, for another executable."""
        return replace(self, executable=str(executable))

    def run(
        self,
        *arguments: str,
        stdin: str = "",
        seconds: float = 60,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run the interpreter in the scratch directory; never writes byte code beside sources."""
        clean = {"PATH": "/usr/bin:/bin", "HOME": str(self.scratch), "TMPDIR": str(self.scratch)}
        return run(
            (*self.prefix, self.executable, "-B", *arguments),
            cwd=self.scratch,
            seconds=seconds * self.patience,
            stdin=stdin,
            environment={**clean, **(environment or {})},
        )

    def ask(self, probe: str, *arguments: str, seconds: float = 120) -> tuple[Answer, ...]:
        """Run one file of `probes/` through standard input and return its answers."""
        source = script(PROBES / f"{probe}.py")
        outcome = self.run("-I", "-", *arguments, stdin=source, seconds=seconds)
        return read_answers(outcome, probe)


def script(probe: Path) -> str:
    """A probe and the code that runs its functions, as one script."""
    parts = (probe, PROBES / "epilogue.py")
    return "\n\n".join(part.read_text(encoding="utf-8") for part in parts)


def read_answers(outcome: Outcome, probe: str) -> tuple[Answer, ...]:
    """Find the answers in the output of such a script; RunError when there are none."""
    lines = outcome.expect(f"probe {probe}").strip().splitlines()
    try:
        answers = [
            Answer(question=str(question), passed=bool(passed), detail=str(detail))
            for question, passed, detail in json.loads(lines[-1])
        ]
    except (IndexError, ValueError, TypeError) as error:
        raise RunError(f"probe {probe}: no answer in its output: {outcome.ending}") from error
    if not answers:
        raise RunError(f"probe {probe}: it asked nothing")
    return tuple(answers)


def find_emulator(arch: Arch) -> tuple[str, ...] | None:
    """The command prefix that runs programs of `arch` here, None when there is none."""
    if platform.machine().lower() in (arch.machine, *arch.value.aliases):
        return ()
    for name in (arch.value.qemu, f"{arch.value.qemu}-static"):
        if found := shutil.which(name):
            return (found,)
    return None


def kernel_runs(executable: Path, scratch: Path) -> bool:
    """Whether the kernel itself starts the file, natively or through binfmt_misc."""
    try:
        return run((str(executable), "-I", "-c", ""), cwd=scratch, seconds=60).clean
    except RunError:
        return False
