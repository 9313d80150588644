"""The errors that users see, each with the exit code of the command-line contract."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """Process exit codes; docs/command-line.md explains them to users."""

    DONE = 0
    BUG = 1
    USAGE = 2
    MACHINE = 3
    SOURCE = 4
    BUILD = 5
    VERIFICATION = 6
    PUBLISH = 7
    INTERRUPTED = 130


class FactoryError(Exception):
    """An expected failure: what was wanted, what was found, and what to do next."""

    exit_code = ExitCode.BUG

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FactoryError):
    """The request makes no sense: unknown version, architecture, flag or file content."""

    exit_code = ExitCode.USAGE


class MachineError(FactoryError):
    """The machine lacks something that the request needs: a tool, space, a permission."""

    exit_code = ExitCode.MACHINE


class SourceError(FactoryError):
    """A source could not be had, or its bytes are not the pinned ones."""

    exit_code = ExitCode.SOURCE


class BuildError(FactoryError):
    """A build step failed."""

    exit_code = ExitCode.BUILD


class PublishError(FactoryError):
    """Publishing failed, or what was to be published must not be."""

    exit_code = ExitCode.PUBLISH


class VerificationError(FactoryError):
    """Verification found errors."""

    exit_code = ExitCode.VERIFICATION
