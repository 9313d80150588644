from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from factory.sources import debian
from factory.sources.debian import AptMirrors, DebianArchive, apt_mirrors, parse_index_targets
from factory.sources.http import Downloader
from factory.sources.place import Miss

if TYPE_CHECKING:
    from tests.unit.sources.conftest import FileServer, Pinned

AptGet = Callable[[str], Path]


@pytest.fixture
def apt_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AptGet:
    """Put a program called apt-get first on PATH."""

    def make(script: str) -> Path:
        program = tmp_path / "apt-get"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return make


def test_debians_own_mirror_comes_first_and_once() -> None:
    text = (
        "http://vendor.invalid/apt Vendor\n"
        "http://mirror.invalid/debian/ Debian\n"
        "http://mirror.invalid/debian Debian\n"
        "cdrom://disc Debian\n"
        "mirror+file:/etc/mirrors Debian\n"
        "\n"
        "https://user:secret@other.invalid/\n"
    )
    reason = "only http and https mirrors are asked"
    assert parse_index_targets(text) == AptMirrors(
        urls=(
            "http://mirror.invalid/debian/",
            "http://vendor.invalid/apt/",
            "https://user:secret@other.invalid/",
        ),
        skipped=(
            Miss(name="cdrom://disc/", reason=reason),
            Miss(name="mirror+file:/etc/mirrors/", reason=reason),
        ),
    )


def test_apt_is_asked_with_a_clean_environment(
    apt_get: AptGet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("APT_CONFIG", "/nowhere")
    apt_get(f"printf '%s\\n' \"$@\" > {tmp_path}/args; env > {tmp_path}/env; echo http://m.invalid")
    assert apt_mirrors() == AptMirrors(urls=("http://m.invalid/",))
    args = (tmp_path / "args").read_text().splitlines()
    assert args == ["indextargets", "--format", "$(REPO_URI) $(ORIGIN)"]
    environment = (tmp_path / "env").read_text()
    assert "LC_ALL=C" in environment
    assert "LANGUAGE" not in environment
    assert "APT_CONFIG" not in environment


def test_a_machine_without_apt_has_no_mirrors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert apt_mirrors() == AptMirrors()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo one >&2; echo 'E: broken' >&2; exit 100", "ended with 100: E: broken"),
        ("exec sleep 5", "did not answer within 0.1 s"),
    ],
)
def test_apt_that_fails_is_a_place_that_was_tried(
    apt_get: AptGet, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    monkeypatch.setattr(debian, "_TIMEOUT", 0.1)
    apt_get(script)
    (skipped,) = apt_mirrors().skipped
    assert skipped.name == "Debian's source archive"
    assert reason in skipped.reason


def test_a_program_that_does_not_start(apt_get: AptGet) -> None:
    apt_get("").write_bytes(b"\x7fELF no program")
    (skipped,) = apt_mirrors().skipped
    assert skipped.reason == "apt-get: Exec format error"


def test_the_pool_is_asked_by_path(
    apt_get: AptGet,
    server: FileServer,
    downloader: Downloader,
    pinned: Pinned,
    content: bytes,
    tmp_path: Path,
) -> None:
    apt_get(f"echo called >> {tmp_path}/calls; echo '{server.base}/debian/ Debian'")
    archive = pinned(content, pool="main/x/x/x_1+ds~rc1.orig.tar.xz")
    server.serve("debian/pool/main/x/x/x_1%2Bds~rc1.orig.tar.xz", content)
    provider = DebianArchive(downloader)
    assert provider.places(pinned(content, "https://upstream.invalid/x")) == ()
    assert not (tmp_path / "calls").exists()
    (place,) = provider.places(archive)
    place.bring(archive, tmp_path / "partial", lambda _: None)
    assert (tmp_path / "partial").read_bytes() == content
    provider.places(archive)
    assert (tmp_path / "calls").read_text() == "called\n"
