"""A Docker daemon behind ssh: its socket, forwarded to one on this machine by the `ssh` program.

The `docker` package has a way of its own, which wants paramiko even where it calls `ssh`.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, urlsplit

import docker

from factory.errors import MachineError

_SOCKET = "/var/run/docker.sock"
# Seconds to log in, and to end.
_PATIENCE, _GRACE = 60.0, 5.0
_OPTIONS = (
    "ExitOnForwardFailure=yes",
    "ControlPath=none",  # of a shared connection the forwarding would stay
    "ServerAliveInterval=30",
    "ConnectTimeout=15",
)


class Tunnel:
    """Runs `ssh` until it is closed; the other end is `path`, a socket on this machine.

    `place` is ssh://[USER@]HOST[:PORT][/SOCKET]. Nothing can be asked of the user: ssh has no
    terminal, so that a Ctrl-C does not end it before containers are removed. MachineError where
    it does not log in.
    """

    def __init__(self, place: str) -> None:
        url = _checked(place)
        self._folder = Path(tempfile.mkdtemp(prefix="factory-ssh-"))
        self.path = self._folder / "docker.sock"
        self._said = self._folder / "said"
        try:
            with self._said.open("wb") as out:
                # `cat` ends with our end of its pipe: also when this process is killed.
                self._process = subprocess.Popen(
                    _command(url, self.path),
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
        except FileNotFoundError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise MachineError(
                f"{place} needs the program ssh, which is not here", hint="install an ssh client"
            ) from error
        try:
            self._wait(place)
        except BaseException:
            self.close()
            raise

    def _wait(self, place: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self.path.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = self._said.read_text(errors="replace").strip() or "no answer"
                raise MachineError(
                    f"no connection to {place}: {said}",
                    hint="it must work without a question: 'ssh -o BatchMode=yes HOST true'",
                )
            time.sleep(0.02)

    def close(self) -> None:
        """End ssh; may be called twice."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class TunnelledClient(docker.DockerClient):
    """A client that closes its tunnel, too."""

    tunnel: Tunnel

    def close(self) -> None:
        """Close the connections and what they went through."""
        super().close()
        self.tunnel.close()


def client_behind_ssh(place: str, environment: Mapping[str, str], timeout: int) -> TunnelledClient:
    """Return a client of the daemon at an ssh:// address; MachineError without a connection."""
    tunnel = Tunnel(place)
    try:
        # Certificates are of TCP; ssh has its own.
        settings = {k: v for k, v in environment.items() if not k.startswith("DOCKER_")}
        if version := environment.get("DOCKER_API_VERSION"):
            settings["DOCKER_API_VERSION"] = version
        settings["DOCKER_HOST"] = f"unix://{tunnel.path}"
        made = TunnelledClient.from_env(timeout=timeout, environment=settings)
        client = cast("TunnelledClient", made)  # a class method, typed for the base alone
    except BaseException:
        tunnel.close()
        raise
    client.tunnel = tunnel
    return client


def _command(url: SplitResult, path: Path) -> list[str]:
    options = [word for option in _OPTIONS for word in ("-o", option)]
    if url.username:
        options += ["-l", url.username]
    if url.port:
        options += ["-p", str(url.port)]
    forward = f"{path}:{url.path.rstrip('/') or _SOCKET}"
    return ["ssh", "-T", *options, "-L", forward, "--", str(url.hostname), "cat"]


def _checked(place: str) -> SplitResult:
    try:
        url = urlsplit(place)
        if url.hostname and not url.password and (url.port is None or url.port):
            return url
    except ValueError:
        pass
    # The address is not repeated: it may have a password.
    raise MachineError(
        "DOCKER_HOST: no address ssh://[USER@]HOST[:PORT][/SOCKET]",
        hint="a password cannot stand in it: use a key",
    )
