from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from factory.errors import UsageError
from factory.sources.http import Downloader, HttpPlace
from factory.sources.mirror import (
    DirectoryMirror,
    FilePlace,
    UrlMirror,
    mirror_from,
    names_of,
    parse_sums,
    split_mirrors,
)
from factory.sources.place import Miss, PlaceError, WrongBytesError

if TYPE_CHECKING:
    from tests.unit.sources.conftest import FileServer, Pinned

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"{HEX}  zlib-1.tar.gz", "zlib-1.tar.gz"),
        (f"{HEX} *zlib-1.tar.gz", "zlib-1.tar.gz"),
        (f"{HEX.upper()}  zlib-1.tar.gz\r", "zlib-1.tar.gz"),
        (f"{HEX}  ./sub/two words.tar", "sub/two words.tar"),
        (f"\\{HEX}  a\\nb\\\\c", "a\nb\\c"),
        (f"SHA256 (zlib (1).tar.gz) = {HEX}", "zlib (1).tar.gz"),
    ],
)
def test_lines_of_sha256sum(line: str, name: str) -> None:
    assert parse_sums(f"# a comment\n\n{line}\nnonsense\n") == {HEX: (name,)}


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret", "a/../../secret"])
def test_names_that_lead_out_of_the_mirror_are_skipped(name: str) -> None:
    assert parse_sums(f"{HEX}  {name}\n") == {}


def test_one_hash_may_have_two_names() -> None:
    assert parse_sums(f"{HEX}  a\n{HEX}  b") == {HEX: ("a", "b")}


def test_names_come_from_upstream_and_debian(pinned: Pinned) -> None:
    archive = pinned(
        b"x",
        "https://one.invalid/v1/x%2B1.tar.gz?raw=1",
        "https://two.invalid/x+1.tar.gz",
        "https://three.invalid/",
        pool="main/x/x/x_1~rc1.orig.tar.gz",
    )
    assert names_of(archive) == ("x+1.tar.gz", "x_1~rc1.orig.tar.gz")


def test_a_directory_is_searched_by_hash(tmp_path: Path, pinned: Pinned) -> None:
    archive = pinned(b"bytes", "https://upstream.invalid/zlib-1.tar.gz")
    (tmp_path / "another-name").write_bytes(b"bytes")
    (tmp_path / "SHA256SUMS").write_text(f"{archive.sha256}  another-name\n")
    places = DirectoryMirror(root=tmp_path).places(archive)
    assert places == (FilePlace(path=tmp_path / "another-name"),)


def test_a_directory_without_sums_is_searched_by_name(tmp_path: Path, pinned: Pinned) -> None:
    archive = pinned(b"bytes", "https://upstream.invalid/a.tar.gz", pool="main/a/a/a_1.tar.gz")
    (tmp_path / "a_1.tar.gz").write_bytes(b"bytes")
    places = DirectoryMirror(root=tmp_path).places(archive)
    assert places == (FilePlace(path=tmp_path / "a_1.tar.gz"),)


def test_another_store_is_a_mirror(tmp_path: Path, pinned: Pinned) -> None:
    archive = pinned(b"bytes")
    path = tmp_path / "sha256" / archive.sha256
    path.parent.mkdir()
    path.write_bytes(b"bytes")
    assert DirectoryMirror(root=tmp_path).places(archive) == (FilePlace(path=path),)


def test_a_directory_says_what_it_lacks(tmp_path: Path, pinned: Pinned) -> None:
    archive = pinned(b"bytes", "https://upstream.invalid/a.tar.gz", pool="main/a/a/a_1.tar.gz")
    (place,) = DirectoryMirror(root=tmp_path).places(archive)
    assert isinstance(place, Miss)
    assert place.name == str(tmp_path)
    assert place.reason == (
        "SHA256SUMS does not list it, and no file is named a.tar.gz or a_1.tar.gz"
    )
    with pytest.raises(PlaceError, match="does not list it"):
        place.bring(archive, tmp_path / "partial", lambda _: None)


def test_a_directory_that_is_not_there(tmp_path: Path, pinned: Pinned) -> None:
    (place,) = DirectoryMirror(root=tmp_path / "nowhere").places(pinned(b""))
    assert place == Miss(name=str(tmp_path / "nowhere"), reason="no such directory")


def test_a_sums_file_that_cannot_be_read(tmp_path: Path, pinned: Pinned) -> None:
    (tmp_path / "SHA256SUMS").mkdir()
    (place,) = DirectoryMirror(root=tmp_path).places(pinned(b""))
    assert place == Miss(name=str(tmp_path / "SHA256SUMS"), reason="Is a directory")


def test_a_file_is_copied(tmp_path: Path, pinned: Pinned) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    partial = tmp_path / "partial"
    partial.write_bytes(b"left over from before")
    moves: list[int] = []
    FilePlace(path=tmp_path / "a").bring(pinned(b"bytes"), partial, moves.append)
    assert partial.read_bytes() == b"bytes"
    assert moves == [5]


@pytest.mark.parametrize("found", [b"bytez", b"byt", b""], ids=["corrupt", "truncated", "empty"])
def test_a_bad_file_is_refused_and_left_alone(tmp_path: Path, pinned: Pinned, found: bytes) -> None:
    (tmp_path / "a").write_bytes(found)
    archive = pinned(b"bytes")
    with pytest.raises(WrongBytesError) as caught:
        FilePlace(path=tmp_path / "a").bring(archive, tmp_path / "partial", lambda _: None)
    for part in (archive.sha256, hashlib.sha256(found).hexdigest(), str(tmp_path / "a")):
        assert part in caught.value.message
    assert (tmp_path / "a").read_bytes() == found
    assert not (tmp_path / "partial").exists()


def test_a_listed_file_that_is_gone(tmp_path: Path, pinned: Pinned) -> None:
    place = FilePlace(path=tmp_path / "gone")
    with pytest.raises(PlaceError, match="No such file"):
        place.bring(pinned(b""), tmp_path / "partial", lambda _: None)


def test_an_address_is_searched_by_hash_then_by_name(
    server: FileServer, downloader: Downloader, pinned: Pinned
) -> None:
    archive = pinned(b"bytes", "https://upstream.invalid/a+1.tar.gz")
    server.serve("m/SHA256SUMS", f"{archive.sha256}  sub/other~1.tar.gz\n".encode())
    mirror = UrlMirror(f"{server.base}/m/", downloader)
    for _ in range(2):
        names = [place.name for place in mirror.places(archive)]
        assert names == [f"{server.base}/m/sub/other~1.tar.gz", f"{server.base}/m/a%2B1.tar.gz"]
    assert server.paths() == ["/m/SHA256SUMS"]


def test_an_address_without_sums_is_searched_by_name(
    server: FileServer, downloader: Downloader, pinned: Pinned
) -> None:
    mirror = UrlMirror(server.base, downloader)
    (place,) = mirror.places(pinned(b"x", "https://upstream.invalid/a.tar.gz"))
    assert place == HttpPlace(url=f"{server.base}/a.tar.gz", downloader=downloader)
    (place,) = mirror.places(pinned(b"x"))
    assert place == Miss(name=server.base, reason="SHA256SUMS does not list it")
    assert server.paths() == ["/SHA256SUMS"]


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("some/where", "some/where"),
        ("file:///some/two%20words", "/some/two words"),
        ("file://localhost/some", "/some"),
    ],
)
def test_a_directory_is_named_by_path_or_file_address(
    downloader: Downloader, text: str, root: str
) -> None:
    assert mirror_from(text, downloader) == DirectoryMirror(root=Path(root))


def test_the_home_directory_is_known(
    downloader: Downloader, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert mirror_from("~/m", downloader) == DirectoryMirror(root=tmp_path / "m")


def test_an_address_is_shown_without_password(downloader: Downloader) -> None:
    mirror = mirror_from("https://user:secret@mirror.invalid/m", downloader)
    assert isinstance(mirror, UrlMirror)
    assert mirror.name == "https://mirror.invalid/m"


@pytest.mark.parametrize(
    "text", ["ftp://user:secret@h.invalid/", "http://", "http://[::1/m", "file://host/x"]
)
def test_other_addresses_are_wrong_usage(downloader: Downloader, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        mirror_from(text, downloader)
    assert "secret" not in caught.value.message


def test_the_variable_is_split_as_a_shell_would() -> None:
    assert split_mirrors(" /a  'two words'\thttps://m.invalid/x ") == (
        "/a",
        "two words",
        "https://m.invalid/x",
    )
    with pytest.raises(UsageError, match="FACTORY_SOURCE_MIRROR: No closing quotation"):
        split_mirrors("'/a")
