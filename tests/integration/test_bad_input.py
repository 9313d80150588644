"""Damaged mirrors, and places that cannot be written: each a message and an exit code."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from factory.catalog import load_catalog
from factory.model.recipe import Source
from tests.integration.conftest import Distribution, Factory

pytestmark = pytest.mark.build


def stored(factory: Factory, source: Source) -> Path:
    """An archive in the store, where `built` has put it; its name is its SHA-256."""
    store = factory.cache / "sources/sha256"
    return next(path for archive in source.archives if (path := store / archive.sha256).exists())


@pytest.mark.parametrize("damage", ["one bit", "cut off"])
def test_a_damaged_archive_in_a_mirror(
    built: dict[str, Distribution], factory: Factory, tmp_path: Path, damage: str
) -> None:
    """The build ends with exit 4, the file, and the hash that was wanted and that was found."""
    good = stored(factory, load_catalog().components["zlib"].source)
    content = bytearray(good.read_bytes())
    if damage == "one bit":
        content[len(content) // 2] ^= 1
    else:
        del content[len(content) // 2 :]
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    bad = mirror / "zlib.tar.gz"
    bad.write_bytes(content)
    (mirror / "SHA256SUMS").write_text(f"{good.name}  {bad.name}\n")
    done = subprocess.run(
        [sys.executable, "-m", "factory", "build", "--python", "3.13", "--offline"],
        env=os.environ
        | {"FACTORY_CACHE_DIR": str(tmp_path / "cache"), "FACTORY_SOURCE_MIRROR": str(mirror)},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 4, done.stderr
    found = hashlib.sha256(content).hexdigest()
    assert f"{bad}: wrong bytes: wanted sha256 {good.name}" in done.stderr
    assert f"found sha256 {found} ({len(content)} bytes)" in done.stderr
    assert "factory fetch" in done.stderr
    assert list((tmp_path / "dist").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [("size=20m", "no space left on the disk"), ("ro", "Read-only file system")],
)
def test_output_that_cannot_be_written(
    built: dict[str, Distribution], factory: Factory, tmp_path: Path, options: str, message: str
) -> None:
    """A full disk and a read-only one: exit 3, the directory's name, and nothing half-written."""
    place = tmp_path / "place"
    place.mkdir()
    script = (
        'mount -t tmpfs -o "$1" tmpfs "$2" && shift && place="$1" && shift\n'
        '"$@"; echo "exit code $?"; ls -RA "$place"'
    )
    # A mount namespace of its own: the mount is gone with it.
    enter = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
    build = [sys.executable, "-m", "factory", "build", "--python", "3.13", "--quiet"]
    done = subprocess.run(
        [*enter, "sh", "-c", script, "sh", options, place, *build, "--output", place / "dist"],
        env=os.environ | {"FACTORY_CACHE_DIR": str(factory.cache)},
        capture_output=True,
        text=True,
    )
    said, _, left = done.stdout.partition("\n")
    assert said == "exit code 3", done.stderr
    assert f"{place}" in done.stderr
    assert message in done.stderr
    assert [line for line in left.splitlines() if line and not line.endswith((":", "dist"))] == []


def test_the_pinned_archive_as_a_source_of_ones_own(
    built: dict[str, Distribution], factory: Factory, tmp_path: Path
) -> None:
    """`--source ARCHIVE` with the pinned bytes: nothing is built, and the same comes out."""
    mine = tmp_path / "Python-of-mine.tar.xz"
    shutil.copy(stored(factory, load_catalog().python("3.13").source), mine)
    output = tmp_path / "dist"
    selection = ("--source", str(mine), "--flavor", "single", "--output", str(output))
    done = factory.run("build", *selection)
    assert "every action is in the cache" in done.stderr
    (single,) = output.glob("*-single")
    assert single.read_bytes() == built["3.13"].single.read_bytes()
