"""Builder images: `dockerfiles/NAME.Dockerfile`, with the toolchain and links to its programs."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO

import docker
from docker.errors import APIError, ImageNotFound

from factory.archives import add_path, entry
from factory.catalog import dockerfiles_root
from factory.console import Console
from factory.engines.host_tools import host_tools
from factory.errors import MachineError
from factory.toolchains import Toolchain

# Where the Dockerfiles put things.
TOOLCHAIN = "/opt/toolchain"
HOST_TOOLS = "/opt/host"
_REPOSITORY = "static-python-factory"
_SCRIPT = "link-host-tools"
_SHOWN_LINES = 15
# Arguments that every Dockerfile has: https://docs.docker.com/reference/dockerfile/#predefined-args
_PROXIES = tuple(
    spelt for name in ("http_proxy", "https_proxy", "no_proxy") for spelt in (name, name.upper())
)


def image_names() -> tuple[str, ...]:
    """Return the names that --image takes."""
    return tuple(sorted(path.stem for path in dockerfiles_root().glob("*.Dockerfile")))


def builder_image(
    client: docker.DockerClient, name: str, toolchain: Toolchain, console: Console
) -> str:
    """Return the tag of a builder image, which is made if the daemon has none of these inputs.

    MachineError with the end of the output where it cannot be made.
    """
    small = {
        "Dockerfile": (dockerfiles_root() / f"{name}.Dockerfile").read_bytes(),
        _SCRIPT: (dockerfiles_root() / _SCRIPT).read_bytes(),
        "host-tools": "".join(f"{tool}\n" for tool in host_tools()).encode(),
    }
    places = " ".join(f"{TOOLCHAIN}/{tree}" for tree in toolchain.trees())
    tag = f"{_REPOSITORY}:{name}-{_hash(small, f'{toolchain.identity} {places}')}"
    try:
        client.images.get(tag)
    except ImageNotFound:
        console.note(f"making the image {tag}")
        with tempfile.TemporaryFile() as context:
            _write_context(context, small, toolchain)
            context.seek(0)
            _build(client, context, tag, console)
    return tag


def image_environment(toolchain: Toolchain) -> tuple[tuple[str, str], ...]:
    """Return the environment of a toolchain in an image."""
    return toolchain.environment({name: f"{TOOLCHAIN}/{name}" for name in toolchain.trees()})


def _hash(small: Mapping[str, bytes], identity: str) -> str:
    digest = hashlib.sha256(identity.encode())
    for name, content in sorted(small.items()):
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _write_context(out: IO[bytes], small: Mapping[str, bytes], toolchain: Toolchain) -> None:
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in small.items():
            info = entry(name, epoch=0, executable=name == _SCRIPT)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, tree in toolchain.trees().items():
            for path in tree.files():
                add_path(tar, tree.path / path, f"toolchain/{name}/{path}", epoch=0)


def _build(client: docker.DockerClient, context: IO[bytes], tag: str, console: Console) -> None:
    said: list[str] = []
    proxies = {name: os.environ[name] for name in _PROXIES if name in os.environ}
    try:
        # The packages of a distribution come from the network; commands of a build get none.
        answers = client.api.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            rm=True,
            forcerm=True,
            network_mode="host",
            buildargs=proxies,
            decode=True,
        )
        for line in _lines(answers):
            said.append(line)
            if line.startswith("Step "):
                console.note(f"  {line}")
    except APIError as error:
        said.append(str(error.explanation or error))
        raise _failed(tag, said) from error
    if not any(line.startswith("Successfully built") for line in said):
        raise _failed(tag, said)


def _lines(answers: Iterator[Mapping[str, object]]) -> Iterator[str]:
    for answer in answers:
        text = str(answer.get("stream") or answer.get("error") or answer.get("status") or "")
        yield from filter(None, text.splitlines())


def _failed(tag: str, said: list[str]) -> MachineError:
    end = "\n  ".join(said[-_SHOWN_LINES:])
    return MachineError(
        f"the image {tag} cannot be made:\n  {end}",
        hint="its Dockerfile needs its base image and the network, once",
    )
