"""A team's cache: nginx with its DAV module, two machines, a real build that makes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.archives import file_sha256
from tests.integration.conftest import MACHINE, Distribution, Factory
from tests.ports import free_port, wait_for_port

pytestmark = pytest.mark.build

# Its workers are this user, too, where nginx is started by root.
CONFIGURATION = """\
daemon off;
user root;
pid {root}/pid;
error_log {root}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/t1;
    fastcgi_temp_path {root}/t2;
    uwsgi_temp_path {root}/t3;
    scgi_temp_path {root}/t4;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            root {root}/files;
            dav_methods PUT;
            client_max_body_size 1g;
        }}
    }}
}}
"""


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server that takes PUT, and its directory."""
    port = free_port()
    root = tmp_path / "nginx"
    (root / "files").mkdir(parents=True)
    (root / "nginx.conf").write_text(CONFIGURATION.format(root=root, port=port))
    with subprocess.Popen(["nginx", "-c", root / "nginx.conf", "-e", root / "error.log"]) as server:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}", root / "files"
        server.terminate()


def test_a_second_machine_makes_nothing(
    built: dict[str, Distribution], factory: Factory, nginx: tuple[str, Path], tmp_path: Path
) -> None:
    address, files = nginx
    factory.run("cache", "export", "--place", address)
    assert len(list(files.glob("*.tar"))) == len(list(files.glob("*.json"))) > 20
    command = [sys.executable, "-m", "factory", "build", "--offline", "--flavor", "single"]
    command += ["--python", "3.13", "--arch", MACHINE, "--output", str(tmp_path / "dist")]
    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache")],
        env=os.environ
        | {"FACTORY_REMOTE_CACHE": address, "FACTORY_REMOTE_CACHE_MODE": "read"}
        | {"FACTORY_SOURCE_MIRROR": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "nothing to build: every action is in the cache" in done.stderr
    single = built["3.13"].single
    assert file_sha256(tmp_path / "dist" / single.name) == file_sha256(single)
