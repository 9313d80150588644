from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
import requests

from factory.engines.docker_daemon import connect, lost, require_arch
from factory.errors import ExitCode, MachineError
from factory.model.arch import Arch


def test_no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(MachineError, match=f"no Docker daemon at unix://{tmp_path}") as caught:
        connect()
    assert "--engine local" in str(caught.value.hint)
    assert caught.value.exit_code == ExitCode.MACHINE


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(MachineError, match=r"no Docker daemon at tcp://127\.0\.0\.1"):
            connect()


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Root may do everything, so it becomes somebody else for the moment."""
    before = os.geteuid()
    os.seteuid(65534 if before == 0 else before)
    try:
        yield
    finally:
        os.seteuid(before)


def test_no_permission(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "docker.sock"
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(0o711)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        place.chmod(0)
        said = "no permission to use"
        with as_nobody(), pytest.raises(MachineError, match=said) as caught:
            connect()
    assert "usermod -aG docker" in str(caught.value.hint)


def test_something_else_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "carrier-pigeon://coop")
    with pytest.raises(MachineError, match="the Docker daemon at carrier-pigeon://coop cannot"):
        connect()


def test_a_daemon_that_dies() -> None:
    error = requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer"))
    explained = lost(error)
    assert "Connection reset by peer" in explained.message
    assert "doctor --clean" in str(explained.hint)


def test_a_daemon_of_another_machine() -> None:
    client = Mock()
    client.version.return_value = {"Arch": "amd64"}
    require_arch(client, Arch.X86_64)
    with pytest.raises(MachineError, match="for aarch64, the Docker daemon runs on amd64"):
        require_arch(client, Arch.AARCH64)
