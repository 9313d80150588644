"""Which tests share a worker; a Docker daemon and a base image: what is missing is made."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import APIError, ImageNotFound
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from factory.engines.docker import LABEL
from factory.engines.docker_daemon import connect
from factory.errors import MachineError
from factory.sources.debian import apt_mirrors
from tests.ports import free_port

# The base that dockerfiles/debian.Dockerfile names.
BASE, SUITE = "debian:trixie-slim", "trixie"
# Containers of the factory have no network, images are built with the host's.
DAEMON = ("dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "--tls=false")
PATIENCE = 60
# The daemon that is started for the tests of these ends with the worker that started it.
USE_THE_DAEMON = (
    "tests/engine/",
    "tests/integration/test_docker.py",
    "tests/integration/test_registry.py",
)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """The tests of a file share a worker, which makes its fixtures; so do those of the daemon."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        # In order: what takes minutes comes first, and small files fill the end.
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return "docker" if nodeid.startswith(USE_THE_DAEMON) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """How `-n 2` hands out the tests."""
    return ByFile(config, log)


@pytest.fixture(scope="session")
def daemon_over_tcp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str | None]:
    """The address of a daemon that is started (as root) for the tests; None where one runs."""
    try:
        connect().close()
    except MachineError as error:
        if shutil.which(DAEMON[0]) is None:
            pytest.fail(f"{error.message}, and no dockerd to start: apt-get install docker.io")
    else:
        yield None
        return
    address = f"tcp://127.0.0.1:{free_port()}"
    log = tmp_path_factory.mktemp("dockerd") / "log"
    command = [*DAEMON, "--host", "unix:///var/run/docker.sock", "--host", address]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        await_daemon(process, log)
        _remove_what_earlier_tests_left()
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="session")
def daemon(daemon_over_tcp: str | None) -> Iterator[docker.DockerClient]:
    """The daemon of this machine; where none runs, one is started for the tests."""
    with contextlib.closing(connect()) as client:
        yield client


def await_daemon(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connect().close()
            return
        except MachineError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{error.message}\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.2)


def _remove_what_earlier_tests_left() -> None:
    """Nothing runs in a daemon that has just started; who was killed could remove nothing."""
    with contextlib.closing(connect()) as client:
        for container in client.containers.list(all=True, filters={"label": LABEL}):
            container.remove(force=True, v=True)


@pytest.fixture(scope="session")
def base_image(daemon: docker.DockerClient) -> str:
    """Debian's base under the name that the Dockerfile has: pulled, or made by debootstrap."""
    try:
        daemon.images.get(BASE)
    except ImageNotFound:
        try:
            daemon.images.pull(BASE)
        except APIError:  # no registry within reach
            _import_base()
    return BASE


def _import_base() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        # The mirror that this machine's apt uses, which has other releases, too.
        mirror = apt_mirrors().urls[0]
        bootstrap = ["debootstrap", "--variant=minbase", SUITE, str(root), mirror]
        subprocess.run(bootstrap, check=True, stdout=subprocess.DEVNULL)
        with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as tar:
            subprocess.run(["docker", "import", "-", BASE], stdin=tar.stdout, check=True)
