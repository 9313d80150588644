from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from factory.archives import entry, file_sha256, pack_tree, tarfile

EPOCH = 1735689600


def make_tree(root: Path, names: list[str], mtime: int) -> Path:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (root / "bin" / "python3").symlink_to("python3.13")
    (root / "current").symlink_to("lib")
    (root / "lost").symlink_to("/nowhere/at/all")
    (root / "bin" / "python3.13").chmod(0o755)
    (root / "empty").mkdir()
    for path in (root, *root.rglob("*")):
        os.utime(path, (mtime, mtime), follow_symlinks=False)
    return root


NAMES = ["lib/b.txt", "lib/a.txt", "bin/python3.13", "lib-more/c.txt", "lib/a/deep.txt", ".hidden"]


def packed(root: Path) -> bytes:
    out = io.BytesIO()
    pack_tree(root, out, epoch=EPOCH)
    return out.getvalue()


@pytest.fixture
def members(tmp_path: Path) -> dict[str, tarfile.TarInfo]:
    content = packed(make_tree(tmp_path / "tree", NAMES, 1000))
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: member for member in tar}


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    one = make_tree(tmp_path / "one", NAMES, 1000)
    two = make_tree(tmp_path / "two" / "deeper", NAMES[::-1], 2000)
    assert packed(one) == packed(two)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o444])
def test_only_the_executable_bit_of_a_mode_counts(tmp_path: Path, mode: int) -> None:
    one = make_tree(tmp_path / "one", NAMES, 1000)
    two = make_tree(tmp_path / "two", NAMES, 1000)
    (two / "lib/a.txt").chmod(mode)
    (two / "bin/python3.13").chmod(mode | 0o100)
    (two / "empty").chmod(0o700)
    assert packed(one) == packed(two)


def test_content_names_links_and_executable_bits_count(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "tree", NAMES, 1000)
    seen = {packed(root)}
    (root / "lib/a.txt").write_text("other")
    seen.add(packed(root))
    (root / "lib/a.txt").rename(root / "lib/z.txt")
    seen.add(packed(root))
    (root / "lib/z.txt").chmod(0o755)
    seen.add(packed(root))
    (root / "lost").unlink()
    (root / "lost").symlink_to("elsewhere")
    seen.add(packed(root))
    (root / "empty").rmdir()
    seen.add(packed(root))
    assert len(seen) == 6


def test_the_epoch_is_the_only_time(members: dict[str, tarfile.TarInfo]) -> None:
    assert {member.mtime for member in members.values()} == {EPOCH}


def test_nobody_in_particular_owns_it(members: dict[str, tarfile.TarInfo]) -> None:
    owners = {(m.uid, m.gid, m.uname, m.gname) for m in members.values()}
    assert owners == {(0, 0, "root", "root")}


def test_a_directory_stands_right_before_what_is_in_it(
    members: dict[str, tarfile.TarInfo],
) -> None:
    assert list(members) == [
        *(".hidden", "bin", "bin/python3", "bin/python3.13", "current", "empty"),
        *("lib", "lib/a", "lib/a/deep.txt", "lib/a.txt", "lib/b.txt"),
        *("lib-more", "lib-more/c.txt", "lost"),
    ]


def test_links_stay_links(members: dict[str, tarfile.TarInfo]) -> None:
    links = {name: m.linkname for name, m in members.items() if m.issym()}
    assert links == {"bin/python3": "python3.13", "current": "lib", "lost": "/nowhere/at/all"}


def test_modes(members: dict[str, tarfile.TarInfo]) -> None:
    assert members["lib/a.txt"].mode == 0o644
    assert members["bin/python3.13"].mode == 0o755
    assert members["lib"].mode == members["empty"].mode == 0o755


def test_what_is_packed_can_be_unpacked(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "tree", NAMES, 1000)
    with tarfile.open(fileobj=io.BytesIO(packed(root))) as tar:
        tar.extractall(tmp_path / "again", filter="tar")
    assert packed(tmp_path / "again") == packed(root)
    assert (tmp_path / "again/lib/a/deep.txt").read_text() == "lib/a/deep.txt"


def test_names_may_be_long_and_not_ascii(tmp_path: Path) -> None:
    name = "ü" * 60 + "/" + "x" * 120
    file = tmp_path / "tree" / name
    file.parent.mkdir(parents=True)
    file.write_text("text")
    with tarfile.open(fileobj=io.BytesIO(packed(tmp_path / "tree"))) as tar:
        assert name in tar.getnames()


def test_an_empty_tree(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(tmp_path))) as tar:
        assert tar.getnames() == []


def test_a_header_for_bytes_from_elsewhere() -> None:
    info = entry("python/PYTHON.json", epoch=7, executable=True)
    assert (info.name, info.mtime, info.mode, info.isreg()) == (
        "python/PYTHON.json",
        7,
        0o755,
        True,
    )


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_the_hash_of_a_file(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "file").write_bytes(content[:size])
    assert file_sha256(tmp_path / "file") == hashlib.sha256(content[:size]).hexdigest()
