"""A daemon that is killed in the middle of a command, and comes back: one of the test's own."""

from __future__ import annotations

import contextlib
import gc
import io
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import docker
import pytest

from factory.engines.docker import LABEL, DockerEngine
from factory.engines.docker_daemon import connect
from factory.errors import ExitCode, MachineError
from factory.model.plan import Action, Command
from tests.conftest import DAEMON, await_daemon

pytestmark = [
    pytest.mark.build,
    # The docker package forgets the socket of a connection that is refused.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

ACTION = Action(name="zlib-x86_64", commands=(), toolchain="fake 1", epoch=1735689600)
WORK = ("/bin/sh", "-c", "echo begun; exec /bin/sleep 100")


@dataclass(kw_only=True)
class Dockerd:
    """A daemon whose every file is below `root`; its address is in DOCKER_HOST."""

    root: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        places = ("data-root", "exec-root", "pidfile")
        options = [word for name in places for word in (f"--{name}", str(self.root / name))]
        command = [*DAEMON, *options, "--host", f"unix://{self.root}/docker.sock"]
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        await_daemon(self.process, self.root / "log")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        # The next daemon believes these; where nobody waits for orphans, the processes are there.
        for name in ("pidfile", "exec-root/containerd/containerd.pid"):
            (self.root / name).unlink()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(60)

    def remove(self) -> None:
        # The daemon that was killed has left a mount of this folder over itself.
        subprocess.run(["umount", self.root / "data-root"], check=True)
        shutil.rmtree(self.root)


@pytest.fixture
def dockerd(
    daemon: docker.DockerClient, base_image: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Dockerd]:
    # The names of sockets must be short.
    found = Dockerd(root=Path(tempfile.mkdtemp(prefix="dockerd-")))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{found.root}/docker.sock")
    found.start()
    with contextlib.closing(connect()) as client, tempfile.TemporaryFile() as image:
        for chunk in daemon.images.get(base_image).save(named=True):
            image.write(chunk)
        image.seek(0)
        client.images.load(image)
    yield found
    found.stop()
    found.remove()
    gc.collect()  # while the mark holds


def run(engine: DockerEngine, log: BinaryIO, *argv: str) -> int:
    with engine.session(ACTION) as session:
        return session.run(Command(argv=argv, cwd="."), log)


def test_it_is_lost_and_found(dockerd: Dockerd, base_image: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with contextlib.closing(connect()) as client, log.open("wb", buffering=0) as out:
        engine = DockerEngine(client=client, image=base_image, environment=(), jobs=1)

        def kill() -> None:
            deadline = time.monotonic() + 60
            while b"begun" not in log.read_bytes() and time.monotonic() < deadline:
                time.sleep(0.05)
            dockerd.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(MachineError, match="lost the Docker daemon at unix:") as caught:
            run(engine, out, *WORK)
        killer.join()
    assert b"begun" in log.read_bytes()
    assert caught.value.exit_code == ExitCode.MACHINE
    assert "'factory doctor --clean' removes containers" in str(caught.value.hint)
    dockerd.start()
    with contextlib.closing(connect()) as client:
        for left in client.containers.list(all=True, filters={"label": LABEL}):
            left.remove(force=True)
        again = DockerEngine(client=client, image=base_image, environment=(), jobs=1)
        assert run(again, io.BytesIO(), "/bin/true") == 0
