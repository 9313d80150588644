"""A damaged executable says so; it does not crash somewhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.integration.conftest import Distribution

pytestmark = pytest.mark.build

IMPORT = "import os, json; print(json.loads('1'))"
READ_ALL = "import _factory_library as inside; [inside.read(name) for name in inside._index()[0]]"


def run(content: bytes, place: Path, program: str) -> subprocess.CompletedProcess[str]:
    place.write_bytes(content)
    place.chmod(0o755)
    return subprocess.run(
        [place, "-I", "-c", program], env={}, capture_output=True, text=True, timeout=60
    )


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


@pytest.mark.parametrize("part", [0.0002, 0.01, 0.3, 0.5, 0.7, 0.9, 0.99, 0.9999])
def test_cut_off(distribution: Distribution, tmp_path: Path, part: float) -> None:
    content = distribution.single.read_bytes()
    done = run(content[: int(part * len(content))], tmp_path / "python", IMPORT)
    assert done.returncode == 126
    assert "python: the executable is damaged: the end of the file is missing." in done.stderr


def test_cut_off_by_little(distribution: Distribution, tmp_path: Path) -> None:
    """To the byte: what the kernel maps is what must be there, and no more."""
    content = distribution.single.read_bytes()
    with distribution.single.open("rb") as file:
        segments = ELFFile(file).iter_segments("PT_LOAD")
        end = max(segment["p_offset"] + segment["p_filesz"] for segment in segments)
    done = run(content[: end - 1], tmp_path / "python", IMPORT)
    assert (done.returncode, done.stdout) == (126, "")
    done = run(content[:end], tmp_path / "python", IMPORT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_a_bit_of_what_a_start_needs(distribution: Distribution, tmp_path: Path) -> None:
    content = distribution.single.read_bytes()
    at = content.index(b"OS routines for NT or Posix depending on what system we're on.")
    done = run(flipped(content, at), tmp_path / "python", IMPORT)
    assert done.returncode == 126
    assert "python: the executable is damaged: the library in it is not" in done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("json", b"JSON (JavaScript Object Notation) <https://json.org> is a subset of"),
        ("ntpath", b"Common pathname manipulations, WindowsNT/95 version."),
    ],
    ids=["by-path", "frozen"],
)
def test_a_bit_of_a_module(
    distribution: Distribution, tmp_path: Path, name: str, text: bytes
) -> None:
    content = distribution.single.read_bytes()
    done = run(flipped(content, content.index(text)), tmp_path / "python", f"import {name}")
    assert done.returncode == 1
    assert f"ImportError: the executable is damaged: module {name!r} in it is not" in done.stderr


def test_a_bit_of_the_files(distribution: Distribution, tmp_path: Path) -> None:
    """Whatever block it is in; programs that read no files do not notice."""
    content = distribution.single.read_bytes()
    first = content.index(b"\xfd7zXZ\x00\x00\x01")
    done = run(flipped(content, first + 1000), tmp_path / "python", READ_ALL)
    assert done.returncode == 1
    assert "the executable is damaged: one of its files is not" in done.stderr
    done = run(flipped(content, first - 1000), tmp_path / "python", READ_ALL)
    assert done.returncode == 1
    assert "the executable is damaged: the list of its files is not" in done.stderr
    done = run(flipped(content, first - 1000), tmp_path / "python", IMPORT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
