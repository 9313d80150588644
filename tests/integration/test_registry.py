"""Images in a real registry: pushed, pushed again, pulled by the Docker daemon, run."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.integration.conftest import Distribution, Factory
from tests.ports import free_port, wait_for_port

pytestmark = pytest.mark.build

CONFIGURATION = """\
version: 0.1
storage:
  filesystem:
    rootdirectory: {root}/files
http:
  addr: 127.0.0.1:{port}
"""
PROGRAM = "import ssl, sqlite3, sys; print(sys.version_info[:2], ssl.create_default_context())"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of an empty registry (Debian's docker-registry)."""
    program = shutil.which("docker-registry")
    assert program is not None, "apt-get install docker-registry"
    port = free_port()
    (tmp_path / "config.yml").write_text(CONFIGURATION.format(root=tmp_path, port=port))
    log = (tmp_path / "log").open("wb")
    command = [program, "serve", str(tmp_path / "config.yml")]
    with log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        wait_for_port(port)
        yield f"127.0.0.1:{port}"
        server.terminate()


def test_images(
    built: dict[str, Distribution],
    output: Path,
    factory: Factory,
    registry: str,
    daemon: docker.DockerClient,
) -> None:
    command = ("publish", str(output), "--to", f"oci://{registry}/static/python")
    assert "4 tags to be published (say --execute)" in factory.run(*command).stdout
    with urllib.request.urlopen(f"http://{registry}/v2/_catalog") as answer:
        assert json.load(answer) == {"repositories": []}
    assert "4 tags published" in factory.run(*command, "--execute").stdout
    assert factory.run(*command, "--execute").stdout.startswith("0 tags published")
    for minor in built:
        image = daemon.images.pull(f"{registry}/static/python", tag=minor)
        try:
            said = daemon.containers.run(image, ["-c", PROGRAM], network_mode="none", remove=True)
            assert said.decode().startswith(f"({minor.replace('.', ', ')}) <ssl.SSLContext ")
        finally:
            daemon.images.remove(f"{registry}/static/python:{minor}", force=True)


def test_a_registry_that_is_not_there(output: Path, factory: Factory, built: object) -> None:
    done = factory.run("publish", str(output), "--to", "oci://127.0.0.1:9/python", check=7)
    assert "GET http://127.0.0.1:9/v2/python/manifests/3.13." in done.stderr


def test_a_name_that_cannot_be(output: Path, factory: Factory, built: object) -> None:
    done = factory.run("publish", str(output), "--to", "oci://127.0.0.1:9/Python", check=7)
    assert "wanted HOST/REPOSITORY, in small letters" in done.stderr
