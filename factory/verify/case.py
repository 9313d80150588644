"""What a check gets to look at, and how it says what it found."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from factory.model.arch import Arch
from factory.model.report import Finding, Severity
from factory.verify.dist import Dist
from factory.verify.elf import ElfFacts
from factory.verify.interpreter import Interpreter
from factory.verify.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Case:
    """One distribution under examination; `scratch` is an empty directory for the checks.

    `fixed` tells whether the executable must have a fixed address; None leaves that open.
    """

    dist: Dist
    facts: ElfFacts
    interpreter: Interpreter
    policy: Policy
    scratch: Path
    suspicious_paths: tuple[str, ...] = ()
    fixed: bool | None = None

    @property
    def arch(self) -> Arch | None:
        """The architecture of the executable, when the factory knows it."""
        return Arch.of_elf(self.facts.machine)


@dataclass(frozen=True)
class Say:
    """Make the findings of one check; `path` is meant unless another one is given."""

    check: str
    path: str

    def ok(self, message: str, path: str | None = None) -> Finding:
        """State the evidence that all is well."""
        return self._finding(Severity.OK, message, path)

    def note(self, message: str, path: str | None = None) -> Finding:
        """State what is worth knowing."""
        return self._finding(Severity.NOTE, message, path)

    def warning(self, message: str, path: str | None = None) -> Finding:
        """State what could not be established, or is odd."""
        return self._finding(Severity.WARNING, message, path)

    def error(self, message: str, path: str | None = None) -> Finding:
        """State what makes the artifact unfit."""
        return self._finding(Severity.ERROR, message, path)

    def _finding(self, severity: Severity, message: str, path: str | None) -> Finding:
        return Finding(check=self.check, severity=severity, path=path or self.path, message=message)


class Stage(enum.Enum):
    """When a check can run: on bytes alone, or by starting the interpreter."""

    STATIC = "static"
    RUNTIME = "runtime"


@dataclass(frozen=True)
class Check:
    """One named question; its function yields at least one finding."""

    id: str
    stage: Stage
    function: Callable[[Case, Say], Iterator[Finding]]
