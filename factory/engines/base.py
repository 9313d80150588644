"""The protocols that everything above the engines is written against."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from factory.model.plan import Action, Command


class Session(Protocol):
    """A work directory in which the commands of one action run."""

    def put(self, path: Path, into: str, *, executable: bool = False) -> None:
        """Copy a file to a place in the work directory."""

    def put_tree(self, archive: Path, into: str) -> None:
        """Unpack a tar archive into a directory of the work directory, over what is there."""

    def put_directory(self, path: Path, into: str) -> None:
        """Lay a directory's content into one of the work directory; may consume it."""

    def run(self, command: Command, log: BinaryIO) -> int:
        """Run a command, its output into `log` (or its stdout file); return its exit code."""

    def get_tree(self, source: str, archive: Path) -> None:
        """Pack a directory into a deterministic tar archive at `archive`."""


class Engine(Protocol):
    """Something that can open sessions."""

    name: str

    def session(self, action: Action) -> AbstractContextManager[Session]:
        """Open a fresh work directory for an action; everything in it is gone afterwards."""

    def interrupt(self) -> None:
        """Stop every running command, from any thread; their sessions then fail."""
