"""The content-addressed store: what is in it has the name of its own hash."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from factory.console import Console
from factory.model.recipe import Archive
from factory.sources.digest import Digest, digest_of
from factory.sources.disk import disk_errors, sync_directory
from factory.sources.place import WrongBytesError


def _pause() -> None:
    time.sleep(0.05)


class SourceStore:
    """Archives below `root`, usable by several threads and processes at once.

    `sha256/<hex>` holds checked archives, `partial/<hex>` downloads under way, and `rejected/`
    the files whose bytes were wrong, under the hash that they have.
    """

    def __init__(self, root: Path, console: Console | None = None) -> None:
        self.root = root
        self._console = console if console is not None else Console()

    def path_of(self, archive: Archive) -> Path:
        """Return where the archive is, or would be."""
        return self.root / "sha256" / archive.sha256

    def find(self, archive: Archive) -> Path | None:
        """Return the archive if it is here and unchanged; move a changed one aside.

        Raises MachineError where the store cannot be read.
        """
        path = self.path_of(archive)
        with disk_errors(path):
            if not path.is_file():
                return None
            found = digest_of(path)
        if found.fits(archive):
            return path
        kept = self._put_aside(path, archive, found)
        error = WrongBytesError(kept, archive, found)
        self._console.warn(f"{path} has changed since it was stored, moved aside: {error.message}")
        return None

    def admit(self, temporary: Path, archive: Archive) -> Path:
        """Check a file and move it in; it must be on the store's file system.

        Raises WrongBytesError, with the file moved to `rejected/`, and MachineError.
        """
        with disk_errors(temporary):
            found = digest_of(temporary)
        if not found.fits(archive):
            raise WrongBytesError(self._put_aside(temporary, archive, found), archive, found)
        path = self.path_of(archive)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o444)
            temporary.replace(path)
            sync_directory(path.parent)
        return path

    @contextmanager
    def claim(self, archive: Archive, pause: Callable[[], None] = _pause) -> Iterator[Path]:
        """Hold the archive's partial file alone; others who want it wait.

        The file stays where it is if it was not admitted, for a later attempt to resume. After
        a wait the archive may be in the store: look again. `pause` passes the time between two
        looks at the lock, and may raise to give up.
        """
        partial = self.root / "partial" / archive.sha256
        lock = partial.with_suffix(".lock")
        with disk_errors(lock):
            partial.parent.mkdir(parents=True, exist_ok=True)
            descriptor = self._lock(lock, archive, pause)
        try:
            yield partial
        finally:
            # Removed while still held, so that nobody else can hold a file of that name.
            with suppress(OSError):
                lock.unlink()
            os.close(descriptor)

    def _lock(self, path: Path, archive: Archive, pause: Callable[[], None]) -> int:
        """Return a descriptor that holds the lock file which has this name now."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                self._wait(descriptor, archive, pause)
                with suppress(FileNotFoundError):
                    if path.stat().st_ino == os.fstat(descriptor).st_ino:
                        return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _wait(self, descriptor: int, archive: Archive, pause: Callable[[], None]) -> None:
        said = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if not said:
                    self._console.note(f"{archive.filename}: waiting for another who fetches it")
                    said = True
            pause()

    def _put_aside(self, path: Path, archive: Archive, found: Digest) -> Path:
        aside = self.root / "rejected" / f"{found.sha256}-{archive.filename}"
        with disk_errors(aside):
            aside.parent.mkdir(parents=True, exist_ok=True)
            path.replace(aside)
        return aside
