from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from factory.errors import UsageError
from factory.model.arch import Arch
from factory.verify.dist import DistError, Label, open_dist

NAME = "cpython-3.13.15-x86_64-unknown-linux-musl"


def make_tree(folder: Path) -> Path:
    root = folder / "python"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "python3.13").write_bytes(b"the executable")
    (root / "bin" / "python3.13").chmod(0o755)
    (root / "bin" / "python3").symlink_to("python3.13")
    (root / "bin" / "python3.13-config").write_text("#!/bin/sh\n")
    return root


def make_archive(folder: Path) -> Path:
    path = folder / f"{NAME}-install_only.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(make_tree(folder), "python")
    return path


@pytest.mark.parametrize(
    ("name", "version", "arch"),
    [
        (f"{NAME}-single", "3.13.15", Arch.X86_64),
        (f"{NAME}-install_only.tar.gz", "3.13.15", Arch.X86_64),
        ("cpython-3.15.0rc1+20261123-aarch64-unknown-linux-musl-lto-full.tar.zst", "3.15.0rc1",
         Arch.AARCH64),
        ("cpython-3.13.15-riscv64-unknown-linux-musl-single", "3.13.15", None),
    ],
)  # fmt: skip
def test_label(name: str, version: str, arch: Arch | None) -> None:
    label = Label.of(name)

    assert label is not None
    assert (label.version, label.arch) == (version, arch)


def test_no_label() -> None:
    assert Label.of("python3.13") is None


def test_tree_or_its_parent(tmp_path: Path) -> None:
    root = make_tree(tmp_path)

    for path in (root, tmp_path):
        dist = open_dist(path, tmp_path)
        assert dist.root == root
        assert dist.executable == root / "bin" / "python3.13"
        assert dist.shown(dist.executable) == "python/bin/python3.13"
        assert not dist.disposable


def test_archive(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    dist = open_dist(make_archive(tmp_path), workspace)

    assert dist.subject == f"{NAME}-install_only.tar.gz"
    assert dist.label == Label(version="3.13.15", machine="x86_64")
    assert dist.executable.read_bytes() == b"the executable"
    assert dist.executable.is_relative_to(workspace)
    assert dist.disposable


def test_executable(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}-single"
    path.write_bytes(b"\x7fELF")
    path.chmod(0o755)
    dist = open_dist(path, tmp_path)

    assert dist.root is None
    assert dist.executable == path
    assert dist.shown(path) == path.name
    assert dist.notes == ()


def test_executable_without_its_bit(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    path = tmp_path / "single"
    path.write_bytes(b"\x7fELF")
    path.chmod(0o644)
    dist = open_dist(path, workspace)

    assert dist.executable == workspace / "single"
    assert dist.executable.stat().st_mode & 0o100
    assert "not marked executable" in dist.notes[0]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no"):
        open_dist(tmp_path / "missing.tar.gz", tmp_path)


@pytest.mark.parametrize("cut", [0, 1, 10, 100, -1])
def test_truncated_archive(tmp_path: Path, cut: int) -> None:
    path = make_archive(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[:cut])

    with pytest.raises(DistError):
        open_dist(path, tmp_path)


def test_archive_by_content(tmp_path: Path) -> None:
    path = tmp_path / "download"
    path.write_bytes(make_archive(tmp_path).read_bytes())

    assert open_dist(path, tmp_path).root is not None


def test_archive_that_breaks_out(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("../evil")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"evil"))
    workspace = tmp_path / "workspace"
    workspace.mkdir()

    with pytest.raises(DistError, match="outside"):
        open_dist(path, workspace)
    assert not (tmp_path / "evil").exists()


def test_embedded(tmp_path: Path) -> None:
    assert not open_dist(make_tree(tmp_path / "tree"), tmp_path).embedded
    root = tmp_path / "python"
    root.mkdir()
    for name in ("python3.13", "python3.13._pth"):
        (root / name).touch()
    dist = open_dist(tmp_path / "python", tmp_path)
    assert dist.embedded
    assert dist.executable == root / "python3.13"
    assert dist.shown(dist.executable) == "python/python3.13"


def test_no_interpreter(tmp_path: Path) -> None:
    with pytest.raises(DistError, match="neither bin/ nor python/bin/"):
        open_dist(tmp_path, tmp_path)
    (tmp_path / "bin").mkdir()
    with pytest.raises(DistError, match=r"no python3\.N"):
        open_dist(tmp_path, tmp_path)
