"""A real build in containers: the same bytes as on this machine, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import docker
import pytest

from factory.archives import file_sha256
from factory.catalog import dockerfiles_root
from factory.engines.docker import LABEL
from tests.integration.conftest import MACHINE, Distribution, Factory

pytestmark = pytest.mark.build

BUILD = ("build", "--python", "3.13", "--arch", MACHINE, "--engine", "docker")


@pytest.fixture
def empty(tmp_path: Path) -> Factory:
    """A factory that has built nothing yet."""
    return Factory(cache=tmp_path / "cache")


def test_both_engines_make_the_same_bytes(
    built: dict[str, Distribution],
    daemon: docker.DockerClient,
    base_image: str,
    empty: Factory,
    tmp_path: Path,
) -> None:
    output = str(tmp_path / "dist")
    done = empty.run(*BUILD, "--flavor", "single", "--output", output, "--json")
    (row,) = json.loads(done.stdout)
    assert row["artifacts"][0]["sha256"] == file_sha256(built["3.13"].single)
    assert row["reports"][0]["passed"]
    assert not daemon.containers.list(all=True, filters={"label": LABEL})


def test_an_interrupt_leaves_no_container(
    daemon: docker.DockerClient, base_image: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "factory", *BUILD, "--cache-dir", str(tmp_path / "cache")]
    with subprocess.Popen(
        [*command, "--output", str(tmp_path / "dist")],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        deadline = time.monotonic() + 300
        while not daemon.containers.list(filters={"label": f"{LABEL}=musl-{MACHINE}"}):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.2)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert not daemon.containers.list(all=True, filters={"label": LABEL})
    assert not list((tmp_path / "cache" / "actions").glob(".*"))


def test_an_image_that_lacks_a_program(
    daemon: docker.DockerClient, base_image: str, tmp_path: Path, empty: Factory
) -> None:
    """Exit code 3, and the program's name; the Dockerfile of this test installs no make."""
    text = (dockerfiles_root() / "debian.Dockerfile").read_text()
    (tmp_path / "dockerfiles").mkdir()
    script = dockerfiles_root() / "link-host-tools"
    (tmp_path / "dockerfiles/link-host-tools").write_bytes(script.read_bytes())
    lines = ("ARG BASE", "FROM", "COPY", 'RUN ["')
    kept = [line for line in text.splitlines() if line.startswith(lines)]
    (tmp_path / "dockerfiles/debian.Dockerfile").write_text("\n".join(kept) + "\n")
    program = (
        "import sys, pathlib, factory.engines.docker_image as m\n"
        f"m.dockerfiles_root = lambda: pathlib.Path({str(tmp_path / 'dockerfiles')!r})\n"
        "from factory.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *BUILD, "--cache-dir", str(empty.cache)],
        capture_output=True,
        text=True,
        env=os.environ,
        cwd=tmp_path,
    )
    assert done.returncode == 3, done.stderr
    assert "this image lacks: make" in done.stderr
