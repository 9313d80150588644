"""Start interpreters so that what each process used can be told, on the host or in another root."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from factory.errors import MachineError, VerificationError

PROBES = Path(__file__).parent / "probes"
_SHOWN = 600
_GRACE = 10.0


class ProcessError(VerificationError):
    """A process that is measured crashed, ran out of time or answered with rubbish."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What one process came to: seconds of CPU (its own and the kernel's) and of the wall clock."""

    code: int
    out: str
    err: str
    cpu: float
    wall: float

    def expect(self, what: str) -> Used:
        """Return itself where it ended well; ProcessError naming `what` was run else."""
        if self.code != 0:
            said = (self.err.strip() or self.out.strip())[-_SHOWN:]
            raise ProcessError(f"{what}: exit code {self.code}: {said}")
        return self


class Spawner:
    """A small process that starts others and tells what they used (`probes/spawner.py`).

    `argv` starts a Python that reads the script from a file named by its last word.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = tuple(argv)
        try:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
        except OSError as error:
            raise MachineError(f"{argv[0]} cannot be started: {error.strerror}") from error

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        environment: Mapping[str, str],
        stdin: str = "",
        seconds: float = 60,
    ) -> Used:
        """Run a program to its end; MachineError where the spawner itself is gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {
            "argv": list(argv),
            "env": dict(environment),
            "cwd": cwd,
            "stdin": stdin,
            "seconds": seconds,
        }
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise MachineError(f"processes cannot be started: {self._last_words()}")
        return Used(**json.loads(answer))

    def close(self) -> None:
        """End it, and a program that it has started."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.communicate(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def __enter__(self) -> Spawner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        self._process.wait(_GRACE)
        return self._process.stderr.read().strip()[-_SHOWN:] or "no answer"
