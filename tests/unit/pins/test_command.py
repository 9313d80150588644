"""`factory update-pins` as a program, with facts whose upstreams are all on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from factory.catalog import PACKAGE, load_catalog, patches_root
from tests.unit.pins.conftest import (
    apache_listing,
    github_releases,
    github_tags,
    nginx_listing,
    sha256,
    spdx,
    sqlite_page,
    tar_of,
    zip_of,
)
from tests.unit.sources.conftest import FileServer

CATALOG = load_catalog()
TOKEN = "a token for GitHub's API"


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A factory of its own; `server` has the pages of every host under the host's name."""

    root: Path
    server: FileServer

    @property
    def data(self) -> Path:
        return self.root / "factory/data"

    def facts(self, name: str) -> Any:
        return yaml.safe_load((self.data / f"components/{name}.yaml").read_text())

    def texts(self) -> dict[str, str]:
        return {str(file): file.read_text() for file in self.data.rglob("*.yaml")}

    def serve(self, address: str, content: bytes | str) -> None:
        raw = content.encode() if isinstance(content, str) else content
        self.server.serve(address.removeprefix("https://"), raw)

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PYTHONPATH": str(self.root),
            "GITHUB_API_URL": self.server.url("api.github.com"),
            "GITHUB_TOKEN": TOKEN,
            "FACTORY_CACHE_DIR": str(self.root / "cache"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "factory", "update-pins", *arguments],
            env=environment,
            cwd=self.root,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done


@pytest.fixture
def checkout(tmp_path: Path, server: FileServer) -> Checkout:
    """The real facts, with this machine in the place of https://."""
    found = Checkout(root=tmp_path, server=server)
    shutil.copytree(PACKAGE, tmp_path / "factory", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(patches_root(), tmp_path / "patches")
    for file in (*found.data.glob("components/*.yaml"), found.data / "cpython.yaml"):
        file.write_text(file.read_text().replace("https://", f"{server.base}/"))
    return found


def json_of(text: str, checkout: Checkout) -> str:
    """What GitHub's API answers names its own addresses, which are on this machine, too."""
    return text.replace("https://", f"{checkout.server.base}/")


def serve_zlib(checkout: Checkout, archive: bytes, digest: bytes | None = None) -> None:
    names = ["zlib-1.2.13.tar.gz", "zlib-9.1.3.tar.gz"]
    checkout.serve("https://zlib.net/fossils/", apache_listing("/fossils", names))
    checkout.serve("https://zlib.net/fossils/zlib-9.1.3.tar.gz", archive)
    assets = {"v9.1.3": {"zlib-9.1.3.tar.gz": archive if digest is None else digest}}
    checkout.serve(
        "https://api.github.com/repos/madler/zlib/releases?per_page=100",
        github_releases("madler/zlib", assets),
    )


def test_a_dry_run_says_what_would_change(checkout: Checkout) -> None:
    archive = tar_of("zlib-9.1.3")
    serve_zlib(checkout, archive)
    before = checkout.texts()
    done = checkout.run("zlib")
    assert f"{CATALOG.components['zlib'].source} -> 9.1.3\n" in done.stdout
    assert f"  {sha256(archive)}  {len(archive)} bytes  zlib-9.1.3.tar.gz\n" in done.stdout
    assert "/api.github.com/repos/madler/zlib/releases?per_page=100 says" in done.stdout
    assert "1 of 1 to be pinned (say --execute)" in done.stderr
    assert checkout.texts() == before


def test_debians_copies_are_named_that_go(checkout: Checkout) -> None:
    serve_zlib(checkout, tar_of("zlib-9.1.3"))
    file = checkout.data / "components/zlib.yaml"
    pool = "main/z/zlib/zlib_1.orig.tar.gz"
    file.write_text(file.read_text().replace("    sha256:", f"    debian: {pool}\n    sha256:", 1))
    assert f"  without Debian's {pool}\n" in checkout.run("zlib", "--execute").stdout
    assert "debian" not in file.read_text().partition("\nbuild:")[0]


def test_execute_pins(checkout: Checkout) -> None:
    archive = tar_of("zlib-9.1.3")
    serve_zlib(checkout, archive)
    before = checkout.texts()
    (change,) = json.loads(checkout.run("zlib", "--execute", "--json").stdout)["changes"]
    assert (change["name"], change["new"]) == ("zlib", "9.1.3")
    facts = checkout.facts("zlib")
    assert facts["version"] == "9.1.3"
    (pinned,) = facts["archives"]
    assert pinned == {
        "urls": [
            checkout.server.url("zlib.net/zlib-9.1.3.tar.gz"),
            checkout.server.url("zlib.net/fossils/zlib-9.1.3.tar.gz"),
            checkout.server.url(
                "github.com/madler/zlib/releases/download/v9.1.3/zlib-9.1.3.tar.gz"
            ),
        ],
        "sha256": sha256(archive),
        "size": len(archive),
    }
    changed = [name for name, text in checkout.texts().items() if before[name] != text]
    assert changed == [change["file"]]
    assert (checkout.root / "cache/sources/sha256" / sha256(archive)).read_bytes() == archive
    done = checkout.run("zlib")  # the new facts load, and nothing is newer
    assert done.stdout == "zlib 9.1.3: newest\n"


def test_the_token_goes_to_githubs_api_alone(checkout: Checkout) -> None:
    serve_zlib(checkout, tar_of("zlib-9.1.3"))
    checkout.run("zlib")
    sent = {seen.path.split("/")[1]: seen.authorization for seen in checkout.server.seen}
    assert sent == {"zlib.net": None, "api.github.com": f"Bearer {TOKEN}"}


def test_other_bytes_than_published_are_refused(checkout: Checkout) -> None:
    serve_zlib(checkout, tar_of("zlib-9.1.3"), digest=b"something else")
    before = checkout.texts()
    done = checkout.run("zlib", "--execute", code=4)
    assert f"says {sha256(b'something else')} of " in done.stderr
    assert "hint: do not pin it: ask upstream" in done.stderr
    assert checkout.texts() == before
    assert not list((checkout.root / "cache/sources").rglob(f"*{sha256(tar_of('zlib-9.1.3'))}*"))


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (b"<html>we have moved</html>", "the file begins like none of"),
        (tar_of("zlib-9.1.3")[:-9], "Compressed file ended before the end-of-stream marker"),
    ],
)
def test_what_is_no_whole_archive_is_refused(
    checkout: Checkout, archive: bytes, reason: str
) -> None:
    serve_zlib(checkout, archive)
    assert reason in checkout.run("zlib", "--execute", code=4).stderr
    assert checkout.facts("zlib")["version"] == CATALOG.components["zlib"].source.version


def test_hashes_that_are_gone_are_missed(checkout: Checkout) -> None:
    serve_zlib(checkout, tar_of("zlib-9.1.3"))
    checkout.server.answers.pop("/api.github.com/repos/madler/zlib/releases?per_page=100")
    done = checkout.run("zlib", "--execute", code=4)
    assert "/madler/zlib/releases?per_page=100: HTTP 404" in done.stderr


def test_an_archive_that_nobody_has(checkout: Checkout) -> None:
    serve_zlib(checkout, tar_of("zlib-9.1.3"))
    checkout.server.answers.pop("/zlib.net/fossils/zlib-9.1.3.tar.gz")
    done = checkout.run("zlib", code=4)
    assert done.stderr.count("zlib-9.1.3.tar.gz: HTTP 404") == 3


def test_one_failure_does_not_stop_the_others(checkout: Checkout) -> None:
    serve_zlib(checkout, tar_of("zlib-9.1.3"))
    done = checkout.run("bzip2", "zlib", "musl", "--execute", "--json", code=4)
    data = json.loads(done.stdout)
    assert [one["name"] for one in data["changes"]] == ["zlib"]
    assert [one["name"] for one in data["failures"]] == ["bzip2", "musl"]
    assert f"error: {CATALOG.components['bzip2'].source}: " in done.stderr
    assert "/musl.libc.org/releases.html: HTTP 404" in done.stderr
    assert checkout.facts("zlib")["version"] == "9.1.3"


def test_an_installed_factory_is_not_changed(checkout: Checkout) -> None:
    (checkout.root / "patches").rename(checkout.root / "factory/_patches")
    done = checkout.run("zlib", "--execute", code=2)
    assert "pip install --editable ." in done.stderr
    assert checkout.server.seen == []


def test_a_patch_release_of_python(checkout: Checkout) -> None:
    """Of the same minor version; 3.13 stays as it is."""
    index, archive = "https://www.python.org/ftp/python/", tar_of("Python-3.14.99", "xz")
    names = ["3.13.98/", "3.14.99/", "3.15.0/"]
    address = f"{index}3.14.99/Python-3.14.99.tar.xz"
    checkout.serve(index, nginx_listing("/ftp/python/", names))
    checkout.serve(f"{index}3.14.99/", nginx_listing("/x", ["Python-3.14.99.tar.xz"]))
    checkout.serve(address, archive)
    checkout.serve(f"{address}.spdx.json", spdx(address, archive))
    old = (checkout.data / "cpython.yaml").read_text()
    (change,) = json.loads(checkout.run("--python", "3.14", "--execute", "--json").stdout)[
        "changes"
    ]
    assert change["archives"][0]["confirmed"].endswith("/Python-3.14.99.tar.xz.spdx.json")
    new = (checkout.data / "cpython.yaml").read_text()
    first, *others = yaml.safe_load(new)["releases"]
    assert first["version"] == "3.14.99"
    assert others == yaml.safe_load(old)["releases"][1:]
    pools = [line for line in old.splitlines() if "python3.14_" in line]
    assert len(new.splitlines()) == len(old.splitlines()) - len(pools)


def serve_all(checkout: Checkout) -> dict[str, str]:
    """A newer release of every component; returns the versions."""
    github = "https://api.github.com/repos"

    def release(repository: str, tag: str, name: str, compression: str = "gz") -> None:
        suffix = f".tar.{compression}"
        archive = tar_of(name, compression)
        page = github_releases(repository, {tag: {name + suffix: archive}})
        checkout.serve(f"{github}/{repository}/releases?per_page=100", json_of(page, checkout))
        address = f"https://github.com/{repository}/releases/download/{tag}/{name}{suffix}"
        checkout.serve(address, archive)
        checkout.serve(f"{address}.sha256", f"{sha256(archive)}  {name}{suffix}\n")

    def listed(place: str, name: str, suffix: str, folder: str | None = None) -> None:
        checkout.serve(place, apache_listing(place, [name + suffix]))
        directory = folder or place
        checkout.serve(directory + name + suffix, tar_of(name))

    release("libffi/libffi", "v9.1.2", "libffi-9.1.2")
    tag = tar_of("tag of libffi-9.1.2")
    checkout.serve("https://github.com/libffi/libffi/archive/refs/tags/v9.1.2.tar.gz", tag)
    release("openssl/openssl", "openssl-3.5.999", "openssl-3.5.999")
    release("tukaani-project/xz", "v9.2.1", "xz-9.2.1", "xz")
    release("facebook/zstd", "v9.1.2", "zstd-9.1.2")
    tags = github_tags("microsoft/mimalloc", ["v3.9.0", "v2.99.1"])
    checkout.serve(f"{github}/microsoft/mimalloc/tags?per_page=100", tags)
    mimalloc = "https://github.com/microsoft/mimalloc/archive/refs/tags/v2.99.1.tar.gz"
    checkout.serve(mimalloc, tar_of("mimalloc-2.99.1"))
    serve_zlib(checkout, tar_of("zlib-9.1.3"))
    listed("https://sourceware.org/pub/bzip2/", "bzip2-9.0.1", ".tar.gz")
    listed("https://www.thrysoee.dk/editline/", "libedit-20990101-3.1", ".tar.gz")
    listed("https://invisible-mirror.net/archives/ncurses/current/", "ncurses-6.9-20990101", ".tgz")
    musl = "https://musl.libc.org/releases"
    listed(f"{musl}.html", "musl-1.9.9", ".tar.gz", folder=f"{musl}/")
    mpdecimal = "https://www.bytereef.org/"
    place = f"{mpdecimal}software/mpdecimal/releases/"
    listed(f"{mpdecimal}mpdecimal/download.html", "mpdecimal-9.0.1", ".tar.gz", folder=place)
    sqlite = zip_of("sqlite-src-9010200")
    page = sqlite_page("2099", "3990100", "3.99.1", sqlite)
    checkout.serve("https://www.sqlite.org/download.html", page)
    checkout.serve("https://www.sqlite.org/2099/sqlite-src-3990100.zip", sqlite)
    kernel, name = "https://www.kernel.org/pub/linux/utils/util-linux/", "util-linux-9.1.tar.xz"
    checkout.serve(kernel, nginx_listing("/x", ["v2.42/", "v9.1/"]))
    checkout.serve(f"{kernel}v9.1/", nginx_listing("/x", [name, "sha256sums.asc"]))
    archive = tar_of("util-linux-9.1", "xz")
    checkout.serve(f"{kernel}v9.1/{name}", archive)
    sums = f"-----BEGIN PGP SIGNED MESSAGE-----\n\n{sha256(archive)}  {name}\n"
    checkout.serve(f"{kernel}v9.1/sha256sums.asc", sums)
    return {
        **{"bzip2": "9.0.1", "libedit": "20990101-3.1", "libffi": "9.1.2", "libuuid": "9.1"},
        **{"mimalloc": "2.99.1", "mpdecimal": "9.0.1", "musl": "1.9.9"},
        **{"ncurses": "6.9+20990101", "openssl": "3.5.999", "sqlite": "3.99.1", "xz": "9.2.1"},
        **{"zlib": "9.1.3", "zstd": "9.1.2"},
    }


CONFIRMED = {"libffi", "libuuid", "openssl", "sqlite", "xz", "zlib", "zstd"}


def test_every_component(checkout: Checkout) -> None:
    versions = serve_all(checkout)
    assert versions.keys() == CATALOG.components.keys()
    data = json.loads(checkout.run(*versions, "--execute", "--json").stdout)
    assert {one["name"]: one["new"] for one in data["changes"]} == versions
    firsts = {one["name"]: one["archives"][0]["confirmed"] for one in data["changes"]}
    assert {name for name, place in firsts.items() if place} == CONFIRMED
    again = json.loads(checkout.run(*versions, "--json").stdout)
    assert again["changes"] == again["failures"] == []
    assert again["newest"] == [f"{name} {version}" for name, version in versions.items()]
