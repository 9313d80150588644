"""Find the Docker daemon, and say in plain words why there is none."""

from __future__ import annotations

import errno
import os
import socket

import docker
from docker.errors import APIError, DockerException

from factory.engines.ssh_tunnel import client_behind_ssh
from factory.errors import MachineError
from factory.model.arch import Arch

# A daemon may be slow to take a toolchain of 400 MB; seconds.
_PATIENCE = 600
_DEFAULT = "unix:///var/run/docker.sock"


def connect() -> docker.DockerClient:
    """Return a client of the daemon that DOCKER_HOST names, or the local one.

    MachineError where there is none, it may not be used, or it speaks another version.
    https://docs.docker.com/reference/cli/docker/#environment-variables
    """
    place = os.environ.get("DOCKER_HOST") or _DEFAULT
    try:
        client = _open(place)
    except (DockerException, OSError) as error:
        raise _explained(place, error) from error
    try:
        client.ping()
    except (DockerException, OSError) as error:
        client.close()
        raise _explained(place, error) from error
    return client


def _open(place: str) -> docker.DockerClient:
    if place.startswith("ssh://"):
        return client_behind_ssh(place, os.environ, _PATIENCE)
    _knock(place)
    return docker.from_env(timeout=_PATIENCE)


def _knock(place: str) -> None:
    """Ask the operating system first: it says more clearly than the library what is wrong."""
    scheme, _, path = place.partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)


def require_arch(client: docker.DockerClient, wanted: Arch) -> None:
    """Raise MachineError where containers could not run this machine's toolchain."""
    found = str(client.version()["Arch"])
    if found not in (wanted.machine, *wanted.value.aliases):
        raise MachineError(
            f"the toolchain here is for {wanted.machine}, the Docker daemon runs on {found}",
            hint="run the factory on a machine of the daemon's architecture",
        )


def lost(error: BaseException) -> MachineError:
    """Say that the daemon went away in the middle."""
    place = os.environ.get("DOCKER_HOST") or _DEFAULT
    return MachineError(
        f"lost the Docker daemon at {place}: {_root(error)}",
        hint="what was finished is in the cache: start the daemon and build again; "
        "'factory doctor --clean' removes containers that are left",
    )


def _explained(place: str, error: BaseException) -> MachineError:
    cause = _root(error)
    number = cause.errno if isinstance(cause, OSError) else None
    if number in (errno.EACCES, errno.EPERM):
        return MachineError(
            f"no permission to use the Docker daemon at {place}",
            hint="add yourself to the group docker ('sudo usermod -aG docker $USER', then log in "
            "again), or use a rootless daemon and DOCKER_HOST",
        )
    if place.startswith("ssh://"):
        return MachineError(
            f"no answer of a Docker daemon at {place}: {cause}",
            hint="does one run there, and may you use it? 'ssh HOST docker version'",
        )
    if number in (errno.ENOENT, errno.ECONNREFUSED):
        return MachineError(
            f"no Docker daemon at {place}",
            hint="start it ('sudo systemctl start docker'), set DOCKER_HOST, or build without "
            "containers: --engine local",
        )
    if isinstance(error, APIError) and "version" in str(error):
        return MachineError(
            f"the Docker daemon at {place} speaks another version: {error.explanation or error}",
            hint="set DOCKER_API_VERSION to one that it knows ('docker version' shows it)",
        )
    return MachineError(
        f"the Docker daemon at {place} cannot be used: {cause}", hint="see 'docker version'"
    )


def _root(error: BaseException) -> BaseException:
    """Dig for the operating system's own error below those of HTTP libraries."""
    seen: set[int] = set()
    found: BaseException = error
    queue: list[object] = [error]
    while queue:
        one = queue.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, OSError) and one.errno is not None:
            return one
        found = one
        queue += [*one.args, one.__context__, one.__cause__]
    return found if found.args else error
