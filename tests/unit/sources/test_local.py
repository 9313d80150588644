from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from factory.errors import SourceError, UsageError
from factory.model.plan import LocalSource
from factory.sources.local import local_source, tree_hash

PATCHLEVEL = '#define PY_MINOR_VERSION 13\n/* Version */\n#define PY_VERSION      "3.13.5+"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "cpython"
    for name, content in {
        "Include/patchlevel.h": PATCHLEVEL,
        "configure": "#!/bin/sh\n",
        "Makefile.pre.in": "all:\n",
        "Lib/os.py": "import abc\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "configure").chmod(0o755)
    (root / "Lib" / "link").symlink_to("os.py")
    (root / "Lib" / "directory").symlink_to(".")
    return root


def pack(tree: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(tree, "Python-3.13.5")
    return archive


def test_a_tree(tree: Path) -> None:
    assert local_source(tree) == LocalSource(path=tree, sha256=tree_hash(tree), version="3.13.5+")


def test_an_archive(tree: Path, tmp_path: Path) -> None:
    archive = pack(tree, tmp_path / "python.tar.xz")
    assert local_source(archive) == LocalSource(
        path=archive,
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
        version="3.13.5+",
    )


def test_a_relative_path_becomes_absolute(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    assert local_source(Path("cpython")).path == tree


def test_the_hash_is_that_of_the_content(tree: Path, tmp_path: Path) -> None:
    before = tree_hash(tree)
    moved = tree.rename(tmp_path / "moved")
    os.utime(moved / "configure", (0, 0))
    (moved / "configure").chmod(0o700)
    (moved / "empty").mkdir()
    (moved / ".git").mkdir()
    (moved / ".git" / "HEAD").write_text("ref")
    (moved / "Lib" / "__pycache__").mkdir()
    (moved / "Lib" / "__pycache__" / "os.pyc").write_text("code")
    os.mkfifo(moved / "pipe")
    assert tree_hash(moved) == before


@pytest.mark.parametrize("change", ["content", "name", "mode", "link", "new", "gone", "kind"])
def test_a_change_of_the_content_changes_the_hash(tree: Path, change: str) -> None:
    before = tree_hash(tree)
    file, link = tree / "Lib" / "os.py", tree / "Lib" / "link"
    match change:
        case "content":
            file.write_text("import abd\n")
        case "name":
            file.rename(tree / "Lib" / "ot.py")
        case "mode":
            file.chmod(0o755)
        case "link":
            link.unlink()
            link.symlink_to("ot.py")
        case "new":
            (tree / "Lib" / "new.py").touch()
        case "gone":
            file.unlink()
        case "kind":
            link.unlink()
            link.write_text("os.py")
    assert tree_hash(tree) != before


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_cpython_names_what_is_missing(tree: Path, tmp_path: Path, packed: bool) -> None:
    (tree / "configure").unlink()
    (tree / "Include" / "patchlevel.h").unlink()
    path = pack(tree, tmp_path / "a.tar.xz") if packed else tree
    with pytest.raises(UsageError, match=r"Include/patchlevel\.h, configure missing") as caught:
        local_source(path)
    assert str(path) in caught.value.message


def test_a_patchlevel_without_version(tree: Path) -> None:
    (tree / "Include" / "patchlevel.h").write_text("#define PY_MINOR_VERSION 13\n")
    with pytest.raises(UsageError, match="does not define PY_VERSION"):
        local_source(tree)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or directory"):
        local_source(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"Hello"])
def test_a_file_that_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UsageError, match="not an archive that we can read"):
        local_source(tmp_path / "file")


def test_a_truncated_archive_is_a_source_error(tree: Path, tmp_path: Path) -> None:
    archive = pack(tree, tmp_path / "a.tar.xz")
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(SourceError, match=r"a\.tar\.xz"):
        local_source(archive)


def test_a_tree_that_cannot_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(UsageError, match=r"cannot read .*patchlevel\.h: Permission denied"):
        local_source(tree)
