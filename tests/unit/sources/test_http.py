from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

import factory
from factory.errors import MachineError
from factory.sources import http
from factory.sources.http import Downloader, Upstream, without_credentials
from factory.sources.place import PlaceError

if TYPE_CHECKING:
    from tests.unit.sources.conftest import Answer, FileServer, Pinned


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "partial"


@pytest.fixture
def moves() -> list[int]:
    """How the progress bar moved."""
    return []


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_whole_file(
    server: FileServer, downloader: Downloader, to: Path, content: bytes, moves: list[int]
) -> None:
    url = server.serve("a.tar", content)
    downloader.download(url, to, len(content), moves.append)
    assert to.read_bytes() == content
    assert sum(moves) == len(content)
    assert len(moves) > 1
    assert [seen.agent for seen in server.seen] == [f"factory/{factory.__version__}"]


def test_an_unknown_size(server: FileServer, downloader: Downloader, to: Path) -> None:
    downloader.download(server.serve("a.tar", b"abc"), to, None, lambda _: None)
    assert to.read_bytes() == b"abc"


def test_a_gzip_file_is_not_unpacked_on_the_way(
    server: FileServer, downloader: Downloader, to: Path, answer: type[Answer]
) -> None:
    url = server.serve("a.gz", answer(content=b"\x1f\x8bxyz", headers={"Content-Encoding": "gzip"}))
    downloader.download(url, to, 5, lambda _: None)
    assert to.read_bytes() == b"\x1f\x8bxyz"


def test_what_is_there_is_resumed(
    server: FileServer, downloader: Downloader, to: Path, content: bytes, moves: list[int]
) -> None:
    to.write_bytes(content[:1000])
    downloader.download(server.serve("a.tar", content), to, len(content), moves.append)
    assert to.read_bytes() == content
    assert [seen.range for seen in server.seen] == ["bytes=1000-"]
    assert moves[0] == 1000
    assert sum(moves) == len(content)


def test_a_complete_partial_file_takes_no_request(
    server: FileServer, downloader: Downloader, to: Path, content: bytes
) -> None:
    to.write_bytes(content)
    downloader.download(server.url("a.tar"), to, len(content), lambda _: None)
    assert server.seen == []


def test_a_partial_file_that_is_too_long_is_dropped(
    server: FileServer, downloader: Downloader, to: Path, content: bytes
) -> None:
    to.write_bytes(content + b"more")
    downloader.download(server.serve("a.tar", content), to, len(content), lambda _: None)
    assert to.read_bytes() == content
    assert [seen.range for seen in server.seen] == [None]


def test_a_server_that_hangs_up_is_asked_for_the_rest(
    server: FileServer,
    downloader: Downloader,
    to: Path,
    content: bytes,
    answer: type[Answer],
    pauses: list[float],
) -> None:
    cut = answer(content=content, stop_after=100_000)
    url = server.serve("a.tar", cut, cut, content)
    downloader.download(url, to, len(content), lambda _: None)
    assert to.read_bytes() == content
    assert [seen.range for seen in server.seen] == [None, "bytes=100000-", "bytes=200000-"]
    assert pauses == [0.5, 1.0]


def test_a_transfer_that_ends_early_without_a_length_goes_on(
    server: FileServer, downloader: Downloader, to: Path, content: bytes, answer: type[Answer]
) -> None:
    cut = answer(content=content, stop_after=100_000, declare_length=False)
    downloader.download(server.serve("a.tar", cut, content), to, len(content), lambda _: None)
    assert to.read_bytes() == content
    assert server.seen[1].range == "bytes=100000-"


def test_a_server_that_always_hangs_up_is_given_up_and_the_rest_kept(
    server: FileServer, downloader: Downloader, to: Path, content: bytes, answer: type[Answer]
) -> None:
    url = server.serve("a.tar", answer(content=content, stop_after=1000, ranges=False))
    with pytest.raises(PlaceError, match=r"broke off: .*\(tried 4 times\)"):
        downloader.download(url, to, len(content), lambda _: None)
    assert to.read_bytes() == content[:1000]


def test_a_server_without_ranges_sends_all_again(
    server: FileServer,
    downloader: Downloader,
    to: Path,
    content: bytes,
    answer: type[Answer],
    moves: list[int],
) -> None:
    to.write_bytes(b"other bytes")
    url = server.serve("a.tar", answer(content=content, ranges=False))
    downloader.download(url, to, len(content), moves.append)
    assert to.read_bytes() == content
    assert moves[:2] == [11, -11]
    assert sum(moves) == len(content)


def test_416_starts_over(
    server: FileServer, downloader: Downloader, to: Path, answer: type[Answer]
) -> None:
    to.write_bytes(b"0123456789")
    url = server.serve("a.tar", answer(status=416), b"abc")
    downloader.download(url, to, 12, lambda _: None)
    assert to.read_bytes() == b"abc"
    assert [seen.range for seen in server.seen] == ["bytes=10-", None]


def test_416_is_the_end_where_the_length_says_so(
    server: FileServer, downloader: Downloader, to: Path, content: bytes
) -> None:
    to.write_bytes(content)
    downloader.download(server.serve("a.tar", content), to, None, lambda _: None)
    assert to.read_bytes() == content
    assert len(server.seen) == 1


@pytest.mark.parametrize("part", ["bytes 0-99/100", "bytes 10-98/99", "nonsense"])
def test_a_part_that_was_not_asked_for_is_not_taken(
    server: FileServer, downloader: Downloader, to: Path, answer: type[Answer], part: str
) -> None:
    to.write_bytes(b"0" * 10)
    whole = b"a" * 100
    odd = answer(content=whole, headers={"Content-Range": part})
    downloader.download(server.serve("a.tar", odd, whole), to, 100, lambda _: None)
    assert to.read_bytes() == whole
    assert [seen.range for seen in server.seen] == ["bytes=10-", None]


def test_a_server_that_fails_twice_is_asked_again(
    server: FileServer,
    downloader: Downloader,
    to: Path,
    answer: type[Answer],
    pauses: list[float],
) -> None:
    busy = answer(status=503, headers={"Retry-After": "7"})
    url = server.serve("a.tar", busy, answer(status=500), b"abc")
    downloader.download(url, to, 3, lambda _: None)
    assert to.read_bytes() == b"abc"
    assert pauses == [7.0, 1.0]


@pytest.mark.parametrize(("status", "requests"), [(404, 1), (403, 1), (503, 4), (429, 4)])
def test_only_what_may_pass_is_retried(
    server: FileServer,
    downloader: Downloader,
    to: Path,
    answer: type[Answer],
    status: int,
    requests: int,
) -> None:
    url = server.serve("a.tar", answer(status=status))
    with pytest.raises(PlaceError, match=f"HTTP {status} [A-Z]"):
        downloader.download(url, to, 3, lambda _: None)
    assert len(server.seen) == requests
    assert not to.exists()


@pytest.mark.parametrize("declare_length", [True, False])
def test_no_more_than_the_wanted_size_is_taken(
    server: FileServer,
    downloader: Downloader,
    to: Path,
    content: bytes,
    answer: type[Answer],
    declare_length: bool,
) -> None:
    url = server.serve("a.tar", answer(content=content, declare_length=declare_length))
    with pytest.raises(PlaceError, match=r"the file has .*70000"):
        downloader.download(url, to, 70_000, lambda _: None)
    assert not to.exists() or to.read_bytes() == b""
    assert len(server.seen) == 1


def test_a_shorter_file_is_completed_as_it_is(
    server: FileServer, downloader: Downloader, to: Path
) -> None:
    downloader.download(server.serve("a.tar", b"abc"), to, 5, lambda _: None)
    assert to.read_bytes() == b"abc"


def test_a_dead_server_is_remembered(
    downloader: Downloader, to: Path, closed_port: int, pauses: list[float]
) -> None:
    url = f"http://127.0.0.1:{closed_port}/a.tar"
    with pytest.raises(PlaceError, match=r"^Connection refused \(tried 3 times\)$"):
        downloader.download(url, to, 3, lambda _: None)
    with pytest.raises(PlaceError, match=r"^Connection refused$"):
        downloader.download(url, to, 3, lambda _: None)
    assert pauses == [0.5, 1.0]


def test_a_name_that_does_not_resolve_says_so(
    downloader: Downloader, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(PlaceError, match=r"^Name or service not known"):
        downloader.download("http://nowhere.invalid/a", to, 3, lambda _: None)


def test_a_silent_server_times_out(
    server: FileServer, to: Path, answer: type[Answer], pauses: list[float]
) -> None:
    downloader = Downloader(attempts=2, read=0.05, sleep=pauses.append)
    url = server.serve("a.tar", answer(content=b"abcd", seconds=0.2))
    with pytest.raises(PlaceError, match=r"(timed out|no answer within).*tried 2 times"):
        downloader.download(url, to, 4, lambda _: None)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a", "http:///a", "http://127.0.0.1:port/a"])
def test_an_address_that_is_none(downloader: Downloader, to: Path, url: str) -> None:
    with pytest.raises(PlaceError):
        downloader.download(url, to, 3, lambda _: None)


def test_a_plain_server_behind_https_is_a_tls_error(
    server: FileServer, downloader: Downloader, to: Path
) -> None:
    url = server.serve("a.tar", b"abc").replace("http://", "https://")
    with pytest.raises(PlaceError, match=r"^TLS: "):
        downloader.download(url, to, 3, lambda _: None)


def test_a_small_file_is_read_up_to_the_limit(server: FileServer, downloader: Downloader) -> None:
    url = server.serve("SHA256SUMS", b"abc")
    assert downloader.read(url, 3) == b"abc"
    with pytest.raises(PlaceError, match="more than 2 bytes"):
        downloader.read(url, 2)


def test_a_full_disk_stops_at_once(
    server: FileServer,
    downloader: Downloader,
    to: Path,
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class FullDisk:
        def __init__(self, file: BinaryIO) -> None:
            self._file = file

        def __enter__(self) -> FullDisk:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def full(path: Path, mode: str) -> FullDisk:
        return FullDisk(open(path, "ab"))  # noqa: PTH123

    monkeypatch.setattr(Path, "open", full)
    url = server.serve("a.tar", content)
    with pytest.raises(MachineError, match=r"no space left on the disk \(.* MB free\)") as caught:
        downloader.download(url, to, len(content), lambda _: None)
    assert caught.value.exit_code == 3
    assert str(to) in caught.value.message
    assert len(server.seen) == 1


def test_upstream_names_every_address(downloader: Downloader, pinned: Pinned) -> None:
    archive = pinned(b"x", "https://user:secret@one.invalid/x", "https://two.invalid/x")
    names = [place.name for place in Upstream(downloader).places(archive)]
    assert names == ["https://one.invalid/x", "https://two.invalid/x"]


def test_credentials_are_not_shown() -> None:
    shown = without_credentials("https://user:p%40ss@host.invalid:8443/a?b=c")
    assert shown == "https://host.invalid:8443/a?b=c"


def test_the_longest_wait_has_a_bound(
    server: FileServer, to: Path, answer: type[Answer], pauses: list[float]
) -> None:
    downloader = Downloader(sleep=pauses.append)
    busy = answer(status=429, headers={"Retry-After": "86400"})
    downloader.download(server.serve("a.tar", busy, b"abc"), to, 3, lambda _: None)
    assert pauses == [http._LONGEST_WAIT]
