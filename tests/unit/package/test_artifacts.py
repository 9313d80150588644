from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from factory.archives import pack_tree
from factory.cache import ActionCache
from factory.model.arch import Arch
from factory.model.plan import Result
from factory.model.recipe import PythonRelease, Source
from factory.model.target import Flavor, Target
from factory.package.artifacts import hand_out, pack, write_tar_gz, write_text

RESULT = Result(
    target=Target(
        arch=Arch.X86_64,
        python=PythonRelease(
            source=Source(name="cpython", version="3.13.15", archives=()),
            licence="PSF-2.0",
            licence_files=(),
            components=(),
            static_archives=(),
            modules_left_out={},
        ),
    ),
    interpreter="1" * 64,
    python="2" * 64,
)


def make_tree(root: Path, names: list[str], mtime: int) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "bin/python3").symlink_to("python3.13")
    (root / "bin/python3.13").chmod(0o755)
    for path in (root, *root.rglob("*")):
        os.utime(path, (mtime, mtime), follow_symlinks=False)
    return root


NAMES = ["bin/python3.13", "lib/python3.13/os.py", "lib/python3.13/abc.py"]


def test_archives_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    one = make_tree(tmp_path / "one" / "python", NAMES, 1000)
    two = make_tree(tmp_path / "two" / "python", NAMES[::-1], 2000)
    write_tar_gz(one, tmp_path / "one.tar.gz", epoch=7)
    write_tar_gz(two, tmp_path / "two, of another name.tar.gz", epoch=7)
    first = (tmp_path / "one.tar.gz").read_bytes()
    assert first == (tmp_path / "two, of another name.tar.gz").read_bytes()


def test_the_gzip_header_has_neither_name_nor_time(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "python", NAMES, 1000)
    write_tar_gz(tree, tmp_path / "x.tar.gz", epoch=7)
    header = (tmp_path / "x.tar.gz").read_bytes()[:10]
    assert header[:4] == b"\x1f\x8b\x08\x00"  # no FNAME, no FEXTRA, no FCOMMENT
    assert header[4:8] == bytes(4)


def test_everything_lies_in_one_directory(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "python", NAMES, 1000)
    write_tar_gz(tree, tmp_path / "x.tar.gz", epoch=7)
    with gzip.open(tmp_path / "x.tar.gz") as file, tarfile.open(fileobj=file) as tar:
        members = {member.name: member for member in tar}
    assert list(members) == [
        *("python", "python/bin", "python/bin/python3", "python/bin/python3.13"),
        *("python/lib", "python/lib/python3.13"),
        *("python/lib/python3.13/abc.py", "python/lib/python3.13/os.py"),
    ]
    assert {member.mtime for member in members.values()} == {7}
    assert members["python/bin/python3.13"].mode == 0o755
    assert members["python/bin/python3"].linkname == "python3.13"


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    file = tmp_path / "packed"
    file.write_bytes(b"the artifact")
    return file


SHA256 = hashlib.sha256(b"the artifact").hexdigest()


@pytest.mark.parametrize(("flavor", "mode"), [(Flavor.SINGLE, 0o755), (Flavor.INSTALL_ONLY, 0o644)])
def test_an_artifact_comes_with_its_checksum(
    packed: Path, tmp_path: Path, flavor: Flavor, mode: int
) -> None:
    out = tmp_path / "dist"
    out.mkdir()
    artifact = hand_out(packed, out / "python.bin", flavor)
    assert (artifact.path, artifact.flavor) == (out / "python.bin", flavor)
    assert (artifact.sha256, artifact.size) == (SHA256, 12)
    assert artifact.path.read_bytes() == b"the artifact"
    assert artifact.path.stat().st_mode & 0o777 == mode
    assert (out / "python.bin.sha256").read_text() == f"{SHA256}  python.bin\n"
    assert sorted(path.name for path in out.iterdir()) == ["python.bin", "python.bin.sha256"]


def test_an_artifact_that_is_there_already_is_left_alone(packed: Path, tmp_path: Path) -> None:
    place = tmp_path / "python.bin"
    hand_out(packed, place, Flavor.SINGLE)
    before = place.stat().st_ino
    place.with_name("python.bin.sha256").unlink()
    assert hand_out(packed, place, Flavor.SINGLE).sha256 == SHA256
    assert place.stat().st_ino == before
    assert place.with_name("python.bin.sha256").exists()


def test_another_artifact_of_the_name_is_replaced(packed: Path, tmp_path: Path) -> None:
    place = tmp_path / "python.bin"
    place.write_bytes(b"an older one")
    with place.open("rb") as reader:
        hand_out(packed, place, Flavor.SINGLE)
        assert reader.read() == b"an older one"  # who reads it keeps what it had
    assert place.read_bytes() == b"the artifact"


def test_a_half_written_artifact_is_never_seen(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "dist"
    out.mkdir()
    (out / "python.bin").write_bytes(b"an older one")

    def stop_halfway(source: Path, place: Path) -> None:
        place.write_bytes(source.read_bytes()[:3])
        raise OSError("no space left")

    monkeypatch.setattr("factory.package.artifacts.shutil.copyfile", stop_halfway)
    with pytest.raises(OSError, match="no space left"):
        hand_out(packed, out / "python.bin", Flavor.SINGLE)
    assert [path.name for path in out.iterdir()] == ["python.bin"]
    assert (out / "python.bin").read_bytes() == b"an older one"


def test_small_files_appear_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text(tmp_path / "manifest.json", "{}\n")

    def stop(self: Path, target: Path) -> None:
        raise OSError("no permission")

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(OSError, match="no permission"):
        write_text(tmp_path / "manifest.json", "[]\n")
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    assert (tmp_path / "manifest.json").read_text() == "{}\n"


def admit(cache: ActionCache, tmp_path: Path, key: str, files: dict[str, str]) -> None:
    root = tmp_path / key[:3]
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    with cache.temporary(key).open("wb") as out:
        pack_tree(root, out, epoch=0)
    cache.admit(key, "x", cache.temporary(key), 0.0)


def test_the_single_file_is_the_executable_alone(cache: ActionCache, tmp_path: Path) -> None:
    admit(cache, tmp_path, RESULT.interpreter, {"python3.13": "ELF", "licenses/x/LICENSE": ""})
    admit(cache, tmp_path, RESULT.python, {"install/lib/x": ""})
    pack(RESULT, Flavor.SINGLE, cache, tmp_path / "single", 0)
    assert (tmp_path / "single").read_text() == "ELF"
    assert (tmp_path / "single").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("flavor", Flavor)
def test_what_is_not_built_cannot_be_packed(
    cache: ActionCache, tmp_path: Path, flavor: Flavor
) -> None:
    with pytest.raises(FileNotFoundError, match=r"3\.13\.15 x86_64 is not built"):
        pack(RESULT, flavor, cache, tmp_path / "out", 0)
    assert not (tmp_path / "out").exists()
