"""A daemon behind a real ssh server, on this machine: what the contract does not say."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import docker
import pytest

from factory.engines.docker_daemon import connect
from factory.engines.ssh_tunnel import TunnelledClient
from factory.errors import MachineError

pytestmark = pytest.mark.build

HOLD = """
import sys, time
from factory.engines.ssh_tunnel import Tunnel
tunnel = Tunnel(sys.argv[1])
print(tunnel._process.pid, flush=True)
time.sleep(60)
"""


def gone(process: str, seconds: float = 10) -> bool:
    """Tell whether a process ends in time; one that nobody waits for counts as ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_the_command_line(daemon: docker.DockerClient, ssh_place: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "factory", "doctor", "--clean", "--cache-dir", str(tmp_path)]
    done = subprocess.run(
        ["env", f"DOCKER_HOST={ssh_place}", *command], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "removed 0 containers\n"), done.stderr


def test_the_tunnel_ends_with_the_client(
    daemon: docker.DockerClient, ssh_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", ssh_place)
    client = connect()
    assert isinstance(client, TunnelledClient)
    tunnel = client.tunnel
    process = str(tunnel._process.pid)
    assert client.ping()
    assert not gone(process, seconds=0.2)
    client.close()
    assert gone(process)
    assert not tunnel.path.parent.exists()


def test_the_tunnel_ends_with_a_killed_factory(ssh_place: str) -> None:
    command = [sys.executable, "-c", HOLD, ssh_place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        process = holder.stdout.readline().strip()
        assert process, "no tunnel"
        assert not gone(process, seconds=0.2)
        holder.kill()
    assert gone(process)


def test_nobody_answers_behind_ssh(ssh_place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"{ssh_place}/no/such/docker.sock")
    with pytest.raises(MachineError, match="no answer of a Docker daemon at ssh://") as caught:
        connect()
    assert "ssh HOST docker version" in str(caught.value.hint)


def test_a_key_that_is_not_known(ssh_place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", ssh_place.replace("@", "-of-another-name@"))
    with pytest.raises(MachineError, match=r"no connection to ssh://.*Permission denied") as caught:
        connect()
    assert "BatchMode=yes" in str(caught.value.hint)
