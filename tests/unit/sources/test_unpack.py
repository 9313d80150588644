from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.archives import tarfile
from factory.errors import MachineError, SourceError
from factory.sources.unpack import check_archive, unpack

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
}
FORMATS = list(COMPRESS)
RANDOM = bytes(i * i * 7 % 251 for i in range(300_000))


def member(name: str, content: bytes = b"", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), mode, 1_000_000_000
    return info, content


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info, b""


def pack(path: Path, *members: tuple[tarfile.TarInfo, bytes], form: str = "gz") -> Path:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    path.write_bytes(COMPRESS[form](raw.getvalue()))
    return path


def good(path: Path, form: str = "gz") -> Path:
    return pack(
        path,
        member("zlib-1.3/configure", b"#!/bin/sh\n", 0o775),
        member("./zlib-1.3/src/random", RANDOM),
        link("zlib-1.3/link", "configure"),
        form=form,
    )


@pytest.mark.parametrize("form", FORMATS)
def test_the_top_directory_is_stripped(tmp_path: Path, form: str) -> None:
    destination = tmp_path / "out" / "zlib"
    unpack(good(tmp_path / "no-suffix", form), destination)
    assert sorted(path.name for path in destination.iterdir()) == ["configure", "link", "src"]
    assert (destination / "src" / "random").read_bytes() == RANDOM
    assert (destination / "configure").stat().st_mode & 0o777 == 0o755
    assert (destination / "configure").stat().st_mtime == 1_000_000_000
    assert (destination / "link").readlink() == Path("configure")
    assert [path.name for path in destination.parent.iterdir()] == ["zlib"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("keep", [1, 8, 100, -4])
def test_a_truncated_archive_names_itself_and_leaves_nothing(
    tmp_path: Path, form: str, keep: int
) -> None:
    archive = good(tmp_path / "a.tar", form)
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(SourceError, match=r"cannot unpack .*/a\.tar: ") as caught:
        unpack(archive, tmp_path / "out" / "zlib")
    assert caught.value.hint
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("where", [0.0, 0.3, 0.6])
def test_a_corrupt_archive_names_itself(tmp_path: Path, form: str, where: float) -> None:
    archive = good(tmp_path / "a.tar", form)
    content = bytearray(archive.read_bytes())
    start = int(len(content) * where)
    content[start : start + 8] = b"\xff" * 8
    archive.write_bytes(content)
    with pytest.raises(SourceError, match=r"cannot unpack .*/a\.tar: "):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_damage_after_the_last_member_is_seen(tmp_path: Path) -> None:
    archive = good(tmp_path / "a.tar.gz")
    content = bytearray(archive.read_bytes())
    content[-8] ^= 1  # gzip's checksum of the whole
    archive.write_bytes(content)
    with pytest.raises(SourceError, match="CRC check failed"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize(
    "evil",
    [
        member("top/../../outside", b"x"),
        link("top/link", "../../outside"),
        link("top/link", "/etc/passwd"),
    ],
    ids=["parent", "link out", "absolute link"],
)
def test_nothing_gets_out_of_the_directory(
    tmp_path: Path, evil: tuple[tarfile.TarInfo, bytes]
) -> None:
    archive = pack(tmp_path / "a.tar", member("top/file"), evil)
    with pytest.raises(SourceError, match="cannot unpack"):
        unpack(archive, tmp_path / "deep" / "out")
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "deep" / "outside").exists()


@pytest.mark.parametrize(
    ("names", "found"), [(["a/x", "b/x"], "found a, b"), (["a"], "found a"), ([], "found nothing")]
)
def test_there_must_be_one_top_directory(tmp_path: Path, names: list[str], found: str) -> None:
    archive = pack(tmp_path / "a.tar", *(member(name) for name in names))
    with pytest.raises(SourceError, match=f"wanted one top directory, {found}"):
        unpack(archive, tmp_path / "out")


def test_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"PK\x03\x04")
    with pytest.raises(SourceError, match="begins like none of"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.tar\.gz: No such file"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")


def test_a_destination_with_content_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").write_bytes(b"")
    with pytest.raises(MachineError, match="Directory not empty"):
        unpack(good(tmp_path / "a"), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "out"]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    archive = good(tmp_path / "a")
    monkeypatch.setattr(tarfile.TarFile, "makefile", full)
    with pytest.raises(MachineError, match="no space left on the disk"):
        unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_zip_keeps_content_and_executable_bits(tmp_path: Path) -> None:
    archive = tmp_path / "tree.zip"
    with zipfile.ZipFile(archive, "w") as files:
        program = zipfile.ZipInfo("tree-1.0/configure")
        program.external_attr = 0o755 << 16
        files.writestr(program, "#!/bin/sh\n")
        files.writestr("tree-1.0/src/main.c", "int main;\n")
    unpack(archive, tmp_path / "out")
    assert (tmp_path / "out/configure").stat().st_mode & 0o100
    assert (tmp_path / "out/src/main.c").read_text() == "int main;\n"


def test_truncated_zip_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "tree.zip"
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("tree-1.0/a", "x" * 1000)
    content = archive.read_bytes()
    damaged = content.replace(b"x" * 1000, b"y" * 1000)
    archive.write_bytes(damaged)
    with pytest.raises(SourceError, match="cannot unpack"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_a_whole_tar_is_read_to_its_end(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        tar.add(__file__, "a/test.py")
    check_archive(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"cannot unpack .*a\.tar: "):
        check_archive(path)


def test_a_whole_zip_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as files:
        files.writestr("a/README", "as it was")
    check_archive(path)
    path.write_bytes(path.read_bytes().replace(b"as it was", b"as it is!"))
    with pytest.raises(SourceError, match=r"cannot unpack .*a\.zip: a/README is damaged"):
        check_archive(path)


def test_a_compressed_member_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("a/README", bytes(range(256)) * 100)
    content = path.read_bytes()
    start = content.index(b"README") + len(b"README")
    path.write_bytes(content[:start] + b"\xff" * 8 + content[start + 8 :])
    with pytest.raises(SourceError, match=r"cannot unpack .*a\.zip: "):
        check_archive(path)
