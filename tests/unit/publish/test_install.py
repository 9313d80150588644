"""install.sh with dash and curl, and with nothing but busybox."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factory.console import Console
from factory.publish.publish import open_target, publish
from tests.unit.publish.conftest import add_build

STEM = "x86_64-unknown-linux-musl"
Install = Callable[..., subprocess.CompletedProcess[str]]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path, console: Console) -> Iterator[Path]:
    """Three Pythons, published and served."""
    root = tmp_path / "www"
    root.mkdir()
    for python in ("3.13.9", "3.13.15", "3.14.7"):
        add_build(tmp_path / "dist", python)
    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        target = open_target(str(root), f"http://127.0.0.1:{server.server_port}")
        publish(tmp_path / "dist", target, console, tag=None, execute=True)
        yield root
        server.shutdown()
        thread.join()


@pytest.fixture(params=["dash", "busybox"])
def install(request: pytest.FixtureRequest, site: Path, tmp_path: Path) -> Install:
    shell = shutil.which(request.param)
    assert shell is not None, f"apt-get install {request.param}"
    command, path = [shell], "/usr/bin:/bin"
    if request.param == "busybox":
        command, path = [shell, "sh"], str(tmp_path / "applets")
        (tmp_path / "applets").mkdir()
        subprocess.run([shell, "--install", "-s", path], check=True)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "tmp").mkdir(exist_ok=True)
        done = subprocess.run(
            [*command, str(site / "install.sh"), *arguments],
            env={"PATH": path, "TMPDIR": str(tmp_path / "tmp")},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not list((tmp_path / "tmp").iterdir())
        return done

    return run


@pytest.mark.parametrize(
    ("version", "python", "minor"),
    [("3.13", "3.13.15", "3.13"), ("3.13.9", "3.13.9", "3.13"), ("3.14", "3.14.7", "3.14")],
)
def test_a_tree(install: Install, tmp_path: Path, version: str, python: str, minor: str) -> None:
    place = tmp_path / "a place"
    done = install(version, str(place))
    assert done.returncode == 0, done.stderr
    said = subprocess.run([place / f"bin/python{minor}"], capture_output=True, text=True).stdout
    assert said == f"cpython-{python}-{STEM}-install_only.tar.gz\n"


def test_the_executable_alone(install: Install, tmp_path: Path) -> None:
    done = install("3.13", str(tmp_path / "bin"), "single")
    assert done.stdout.endswith(f"installed {tmp_path}/bin/python3.13\n")
    assert [file.name for file in (tmp_path / "bin").iterdir()] == ["python3.13"]
    said = subprocess.run([tmp_path / "bin/python3.13"], capture_output=True, text=True).stdout
    assert said == f"cpython-3.13.15-{STEM}-single\n"


def test_what_there_is_not(install: Install, tmp_path: Path) -> None:
    for arguments in (("3.12", "x"), ("3.1", "x"), ("3.13", "x", "full")):
        done = install(arguments[0], str(tmp_path / "x"), *arguments[2:])
        assert done.returncode == 1
        assert f"install.sh: no Python {arguments[0]} (" in done.stderr
    assert install("3.13").stderr.startswith("install.sh: usage: ")
    assert not (tmp_path / "x").exists()


def test_a_changed_file_is_refused(install: Install, site: Path, tmp_path: Path) -> None:
    with (site / f"cpython-3.13.15-{STEM}-single").open("ab") as file:
        file.write(b"!")
    done = install("3.13", str(tmp_path / "bin"), "single")
    assert done.returncode == 1
    assert "its SHA-256 is not the one of SHA256SUMS; nothing was installed" in done.stderr
    assert not (tmp_path / "bin").exists()


def test_a_missing_file(install: Install, site: Path, tmp_path: Path) -> None:
    (site / f"cpython-3.13.15-{STEM}-single").unlink()
    done = install("3.13", str(tmp_path / "bin"), "single")
    assert done.returncode == 1
    assert "install.sh: cannot download http://127.0.0.1:" in done.stderr
