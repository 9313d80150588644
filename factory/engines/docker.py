"""Run commands in containers: one for each action, without a network, as the caller's user."""

from __future__ import annotations

import os
import socket
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

import docker
import requests
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container
from docker.utils.socket import STDOUT, frames_iter

from factory.archives import pack_tree
from factory.archives import tarfile as safe_tarfile
from factory.engines.docker_daemon import lost
from factory.engines.docker_image import HOST_TOOLS
from factory.engines.environment import HOST, PLACES, clean_environment
from factory.engines.host_tools import host_tools
from factory.errors import MachineError
from factory.model.plan import Action, Command

WORK = "/factory"
# Containers of ours carry this label, and say which process of which machine they belong to.
LABEL = "io.github.static-python-factory"
_PROCESS, _MACHINE = f"{LABEL}.process", f"{LABEL}.machine"
_STOPPED = 143  # as the shell says it: ended by SIGTERM
_CANNOT_START = 126  # as daemons say it
_LOST = (requests.ConnectionError, requests.Timeout)


@dataclass(kw_only=True)
class DockerEngine:
    """`image` is a builder image; `environment` the toolchain's, for its place in there.

    `memory` limits a container, in bytes; 0: no limit.
    """

    client: docker.DockerClient
    image: str
    environment: tuple[tuple[str, str], ...]
    jobs: int
    memory: int = 0
    name: str = "docker"
    _running: set[Container] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    @contextmanager
    def session(self, action: Action) -> Iterator[DockerSession]:
        """Start a container; it is removed on success, failure and Ctrl-C alike."""
        with _explained(action):
            container = self._create(action)
        with self._lock:
            self._running.add(container)
        try:
            with _explained(action):
                session = DockerSession(engine=self, action=action, container=container)
                session.start()
                yield session
        finally:
            with self._lock:
                self._running.discard(container)
            _remove(container)

    def interrupt(self) -> None:
        """Kill every container; the commands in them end."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for container in running:
            with suppress(DockerException, requests.RequestException):
                container.kill()

    @property
    def stopped(self) -> bool:
        """Whether interrupt() was called."""
        return self._stopped

    def _create(self, action: Action) -> Container:
        return self.client.containers.create(
            self.image,
            command=["sleep", "infinity"],
            network_mode="none",
            user=f"{os.getuid()}:{os.getgid()}",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            nano_cpus=self._cpus() * 10**9,
            labels={
                LABEL: action.name,
                _PROCESS: str(os.getpid()),
                _MACHINE: socket.gethostname(),
            },
            mem_limit=self.memory or None,
        )

    def _cpus(self) -> int:
        """The daemon refuses more CPUs than it has."""
        return min(self.jobs, int(self.client.info()["NCPU"]))


@dataclass(frozen=True, kw_only=True)
class DockerSession:
    """One work directory in a container."""

    engine: DockerEngine
    action: Action
    container: Container

    def start(self) -> None:
        """Make the work directory, owned by the user of the container, and start it."""
        with self._tar() as (file, tar):
            for name in ("", *PLACES):
                self._add_directory(tar, f"{WORK[1:]}/{name}".rstrip("/"))
            for tool in host_tools():
                self._add_link(tar, f"{WORK[1:]}/{HOST}/{tool}", f"{HOST_TOOLS}/{tool}")
            self._send(file, tar, "/")
        self.container.start()

    def put(self, path: Path, into: str, *, executable: bool = False) -> None:
        """Copy a file to a place in the work directory."""
        with self._tar() as (file, tar):
            *parents, _ = Path(into).parents
            for parent in reversed(parents):
                self._add_directory(tar, str(parent))
            info = tar.gettarinfo(str(path.resolve()), into)
            info.mode = 0o755 if executable else 0o644
            with path.open("rb") as content:
                tar.addfile(self._owned(info), content)
            self._send(file, tar, WORK)

    def put_tree(self, archive: Path, into: str) -> None:
        """Unpack a tar archive over a directory of the work directory."""
        with self._tar() as (file, tar), tarfile.open(archive) as old:
            self._add_directory(tar, into)
            for info in old:
                content = old.extractfile(info) if info.isreg() else None
                info.name = f"{into}/{info.name}"
                tar.addfile(self._owned(info), content)
            self._send(file, tar, WORK)

    def put_directory(self, path: Path, into: str) -> None:
        """Copy a directory's content into one of the work directory."""
        with self._tar() as (file, tar):
            tar.add(path, into, filter=self._owned)
            self._send(file, tar, WORK)

    def run(self, command: Command, log: BinaryIO) -> int:
        """Run a command with a clean environment."""
        command = command.at(WORK)
        environment = clean_environment(
            self.action,
            WORK,
            makeflags=f"-j{self.engine.jobs}",
            toolchain=self.engine.environment,
        ) | dict(command.env)
        argv = list(command.argv)
        if command.stdout is None:
            return self._call(argv, command.cwd, environment, log, log)
        with tempfile.NamedTemporaryFile() as out:
            code = self._call(argv, command.cwd, environment, out, log)
            out.flush()
            self.put(Path(out.name), command.stdout)
            return code

    def get_tree(self, source: str, archive: Path) -> None:
        """Pack a directory of the work directory."""
        with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
            with tempfile.TemporaryFile(dir=folder) as file:
                for chunk in self.container.get_archive(f"{WORK}/{source}")[0]:
                    file.write(chunk)
                file.seek(0)
                with safe_tarfile.open(fileobj=file) as tar:
                    tar.extractall(folder, filter="tar")
            with archive.open("wb") as out:
                pack_tree(Path(folder, Path(source).name), out, epoch=self.action.epoch)
                out.flush()
                os.fsync(out.fileno())

    def _call(
        self,
        argv: list[str],
        cwd: str,
        environment: dict[str, str],
        out: IO[bytes],
        errors: IO[bytes],
    ) -> int:
        api = self.engine.client.api
        try:
            call = api.exec_create(
                self.container.id, argv, environment=environment, workdir=f"{WORK}/{cwd}"
            )["Id"]
            for kind, data in _output(api, call):
                (out if kind == STDOUT else errors).write(data)
            errors.flush()
            code = api.exec_inspect(call)["ExitCode"]
        except APIError as error:
            if self.engine.stopped:
                return _STOPPED
            errors.write(f"{argv[0]}: {error.explanation or error}\n".encode())
            errors.flush()
            return _CANNOT_START
        return _STOPPED if code is None or self.engine.stopped else int(code)

    @contextmanager
    def _tar(self) -> Iterator[tuple[IO[bytes], tarfile.TarFile]]:
        with tempfile.TemporaryFile() as file, tarfile.open(fileobj=file, mode="w") as tar:
            yield file, tar

    def _send(self, file: IO[bytes], tar: tarfile.TarFile, place: str) -> None:
        tar.close()
        file.seek(0)
        self.container.put_archive(place, file)

    def _owned(self, info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid, info.gid, info.uname, info.gname = os.getuid(), os.getgid(), "", ""
        return info

    def _add_link(self, tar: tarfile.TarFile, name: str, target: str) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = tarfile.SYMTYPE, target
        tar.addfile(self._owned(info))

    def _add_directory(self, tar: tarfile.TarFile, name: str) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(self._owned(info))


def _output(api: Any, call: str) -> Iterator[tuple[int, bytes]]:
    """Start a command and yield what it says, as (STDOUT or STDERR, data).

    This is exec_start(stream=True), which does not close its connection.
    https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Exec/operation/ExecStart
    """
    answer = api._post_json(
        api._url("/exec/{0}/start", call),
        headers={"Connection": "Upgrade", "Upgrade": "tcp"},
        data={"Tty": False, "Detach": False},
        stream=True,
    )
    with closing(answer):
        connection = api._get_raw_response_socket(answer)
        yield from frames_iter(connection, tty=False)  # type: ignore[no-untyped-call]


@contextmanager
def _explained(action: Action) -> Iterator[None]:
    """Turn what the daemon says into an error for people."""
    try:
        yield
    except _LOST as error:
        raise lost(error) from error
    except APIError as error:
        raise MachineError(
            f"{action.name}: the Docker daemon says: {error.explanation or error}",
            hint="'docker system df' shows whether its disk is full, 'docker info' its limits",
        ) from error


def leftovers(client: docker.DockerClient) -> tuple[Container, ...]:
    """Return our containers whose process on this machine is gone."""
    found = client.containers.list(all=True, filters={"label": LABEL})
    here = socket.gethostname()
    return tuple(
        container
        for container in found
        if container.labels.get(_MACHINE) == here and not _lives(container.labels.get(_PROCESS))
    )


def remove_leftovers(client: docker.DockerClient) -> tuple[str, ...]:
    """Remove what killed builds have left; return the names of their actions."""
    found = leftovers(client)
    for container in found:
        _remove(container)
    return tuple(sorted(container.labels[LABEL] for container in found))


def _lives(process: str | None) -> bool:
    return process is not None and Path("/proc", process).exists()


def _remove(container: Container) -> None:
    """Remove a container, running or not; it may be gone already, and so may the daemon."""
    with suppress(NotFound, DockerException, requests.RequestException):
        container.remove(force=True, v=True)
