"""One pool of job tokens for every make that runs, so that --jobs holds for the whole build.

The protocol of GNU make: a pipe with one byte for each job beyond the first of a process.
https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager


class StoppedError(Exception):
    """The build was stopped while an action waited for its turn."""


class Jobserver:
    """A pipe that holds `jobs` tokens; an action takes one before it starts."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._stopped = False
        self._read, self._write = os.pipe()
        os.write(self._write, b"+" * jobs)

    @property
    def descriptors(self) -> tuple[int, int]:
        """What a child process must inherit."""
        return (self._read, self._write)

    @property
    def makeflags(self) -> str:
        """MAKEFLAGS for children."""
        return f" -j{self.jobs} --jobserver-auth={self._read},{self._write}"

    @contextmanager
    def token(self) -> Iterator[None]:
        """Hold one token: the job that every process may run without asking."""
        token = self._take()
        try:
            yield
        finally:
            os.write(self._write, token)

    def stop(self) -> None:
        """Wake whoever waits for a token: those of a killed make never come back."""
        self._stopped = True
        os.write(self._write, b"+" * self.jobs)

    def _take(self) -> bytes:
        while True:
            select.select([self._read], [], [])
            if self._stopped:
                raise StoppedError
            try:
                return os.read(self._read, 1)
            except BlockingIOError:
                continue  # make sets O_NONBLOCK on the shared pipe, and was faster

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._read)
        os.close(self._write)
