"""How `ssh` is called, and what is said where it fails; `tests/engine` has a real server."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from factory.engines import ssh_tunnel
from factory.engines.docker_daemon import connect
from factory.engines.ssh_tunnel import Tunnel
from factory.errors import ExitCode, MachineError

# Instead of forwarding, it makes the socket's place, and ends with its standard input.
SSH = """\
#!/bin/sh
echo "$*" > "$0.called"
while [ "$1" != -L ]; do shift; done
: > "${2%%:*}"
cat
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin/ssh"
    program.parent.mkdir()
    program.write_text(SSH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return program


@pytest.mark.parametrize(
    ("place", "login", "rest"),
    [
        ("ssh://box", "", ":/var/run/docker.sock -- box cat"),
        ("ssh://me@box:2222", "-l me -p 2222 ", ":/var/run/docker.sock -- box cat"),
        ("ssh://box/run/user/1/docker.sock", "", ":/run/user/1/docker.sock -- box cat"),
        ("ssh://[::1]:22/", "-p 22 ", ":/var/run/docker.sock -- ::1 cat"),
        ("ssh://-oProxyCommand=x", "", ":/var/run/docker.sock -- -oproxycommand=x cat"),
    ],
)
def test_the_call(ssh: Path, place: str, login: str, rest: str) -> None:
    tunnel = Tunnel(place)
    called = Path(f"{ssh}.called").read_text().strip()
    assert called.startswith("-T -o ExitOnForwardFailure=yes ")
    assert called.endswith(f" {login}-L {tunnel.path}{rest}")
    tunnel.close()
    tunnel.close()
    assert tunnel._process.returncode is not None
    assert not list((ssh.parents[1] / "tmp").iterdir())


@pytest.mark.parametrize(
    "place", ["ssh://", "ssh:///run/docker.sock", "ssh://me:secret@box", "ssh://box:port"]
)
def test_an_address_that_is_none(ssh: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", place)
    with pytest.raises(MachineError, match="DOCKER_HOST: no address ssh://"):
        connect()
    assert not list((ssh.parents[1] / "tmp").iterdir())


def test_no_ssh(ssh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MachineError, match="ssh://box needs the program ssh") as caught:
        Tunnel("ssh://box")
    assert caught.value.exit_code == ExitCode.MACHINE
    assert not list((ssh.parents[1] / "tmp").iterdir())


def test_ssh_that_fails_says_why(ssh: Path) -> None:
    ssh.write_text(
        "#!/bin/sh\necho 'ssh: connect to host box port 22: No route to host' >&2\nexit 255\n"
    )
    said = r"no connection to ssh://box: ssh: connect to host box port 22: No route to host"
    with pytest.raises(MachineError, match=said):
        Tunnel("ssh://box")
    assert not list((ssh.parents[1] / "tmp").iterdir())


def test_ssh_that_hangs_is_given_up(ssh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh.write_text("#!/bin/sh\nexec cat\n")
    monkeypatch.setattr(ssh_tunnel, "_PATIENCE", 0.2)
    with pytest.raises(MachineError, match="no connection to ssh://box: no answer"):
        Tunnel("ssh://box")
    assert not list((ssh.parents[1] / "tmp").iterdir())
