"""Run commands on this machine, in a directory that is made for each action and then removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from factory.archives import pack_tree, tarfile
from factory.engines.environment import HOST, PLACES, clean_environment
from factory.engines.host_tools import host_tools, link_tools
from factory.engines.jobserver import Jobserver
from factory.model.plan import Action, Command

_STOP_SECONDS = 5
_CANNOT_START = 127  # as the shell says it


@dataclass(kw_only=True)
class LocalEngine:
    """`work_root` takes the work directories; `environment` is the toolchain's (places only)."""

    work_root: Path
    environment: tuple[tuple[str, str], ...]
    jobserver: Jobserver
    name: str = "local"
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    @contextmanager
    def session(self, action: Action) -> Iterator[LocalSession]:
        """Open a work directory; it is removed on success, failure and Ctrl-C alike."""
        self.work_root.mkdir(parents=True, exist_ok=True)
        name = tempfile.mkdtemp(
            prefix=f"{action.name}-", suffix=f".{os.getpid()}", dir=self.work_root
        )
        work = Path(name)
        try:
            for name in PLACES:
                (work / name).mkdir()
            link_tools(host_tools(), work / HOST)
            yield LocalSession(engine=self, action=action, work=work)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def interrupt(self) -> None:
        """Stop every running command and all its children."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _stop(process)

    def call(
        self, argv: list[str], cwd: Path, env: dict[str, str], out: BinaryIO, errors: BinaryIO
    ) -> int:
        """Run one process in a session of its own, so that its children can be stopped too."""
        with self._lock:
            if self._stopped:
                return -signal.SIGTERM
            try:
                process = subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=errors,
                    start_new_session=True,
                    umask=0o022,
                    pass_fds=self.jobserver.descriptors,
                )
            except OSError as error:
                errors.write(f"{argv[0]}: {error.strerror}\n".encode())
                errors.flush()
                return _CANNOT_START
            self._running.add(process)
        try:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)
            if process.poll() is None:
                _stop(process)


@dataclass(frozen=True, kw_only=True)
class LocalSession:
    """One work directory on this machine."""

    engine: LocalEngine
    action: Action
    work: Path

    def put(self, path: Path, into: str, *, executable: bool = False) -> None:
        """Copy a file to a place in the work directory."""
        place = self.work / into
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        place.chmod(0o755 if executable else 0o644)

    def put_tree(self, archive: Path, into: str) -> None:
        """Unpack a tar archive over a directory of the work directory."""
        with tarfile.open(archive) as tar:
            tar.extractall(self.work / into, filter="tar")

    def put_directory(self, path: Path, into: str) -> None:
        """Move a directory to a place in the work directory, which is empty until then."""
        place = self.work / into
        place.rmdir()
        shutil.move(path, place)

    def run(self, command: Command, log: BinaryIO) -> int:
        """Run a command with a clean environment."""
        command = command.at(str(self.work))
        argv = list(command.argv)
        environment = clean_environment(
            self.action,
            str(self.work),
            makeflags=self.engine.jobserver.makeflags,
            toolchain=self.engine.environment,
        ) | dict(command.env)
        cwd = self.work / command.cwd
        if command.stdout is None:
            return self.engine.call(argv, cwd, environment, log, log)
        with (self.work / command.stdout).open("wb") as out:
            return self.engine.call(argv, cwd, environment, out, log)

    def get_tree(self, source: str, archive: Path) -> None:
        """Pack a directory of the work directory."""
        with archive.open("wb") as out:
            pack_tree(self.work / source, out, epoch=self.action.epoch)
            out.flush()
            os.fsync(out.fileno())


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process group: politely, then for good."""
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wanted)
        except ProcessLookupError:
            return
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
