"""From artifacts to an installed Python: publish, serve over loopback, install with uv."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import MACHINE, Distribution, Factory

pytestmark = pytest.mark.build

SHOW = "import ssl, sqlite3, sys; print(sys.version_info[:2], ssl.OPENSSL_VERSION[:11])"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A directory and its address."""
    root = tmp_path / "www"
    root.mkdir()
    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield root, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_uv_installs_what_was_published(
    built: dict[str, Distribution],
    output: Path,
    factory: Factory,
    site: tuple[Path, str],
    tmp_path: Path,
) -> None:
    root, address = site
    command = ("publish", str(output), "--to", str(root), "--url", address)
    assert "to be published (say --execute)" in factory.run(*command).stdout
    assert not list(root.iterdir())
    factory.run(*command, "--execute")
    assert factory.run(*command, "--execute").stdout.startswith("0 files published")

    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_PYTHON_DOWNLOADS_JSON_URL": f"{address}/uv.json",
        "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons"),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }

    def call(*argv: str) -> str:
        done = subprocess.run(
            argv, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{argv}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    for minor in built:
        name = f"cpython-{minor}-linux-{MACHINE}-musl"
        call("uv", "python", "install", name)
        call("uv", "venv", "--python", name, f"env-{minor}")
        expected = f"({minor.replace('.', ', ')}) OpenSSL 3.5\n"
        assert call(f"env-{minor}/bin/python", "-c", SHOW) == expected
        ran = call("uv", "run", "--no-project", "--python", name, "python", "-c", SHOW)
        assert ran == expected
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=root, check=True)


def test_a_changed_artifact_is_not_published(
    built: dict[str, Distribution], output: Path, factory: Factory, tmp_path: Path
) -> None:
    copy = tmp_path / "dist"
    copy.mkdir()
    for file in output.iterdir():
        (copy / file.name).hardlink_to(file)
    single = copy / built["3.13"].single.name
    content = single.read_bytes()
    single.unlink()
    single.write_bytes(content[:-1] + b"!")
    done = factory.run("publish", str(copy), "--to", str(tmp_path / "www"), "--execute", check=7)
    assert "was changed after it was verified" in done.stderr
    assert not (tmp_path / "www").exists()
