from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import factory
from factory.console import Console
from factory.errors import MachineError, SourceError, UsageError
from factory.model.recipe import Archive, Source
from factory.sources.fetch import Fetched, default_providers, fetch, fetch_all
from factory.sources.http import Downloader, Upstream
from factory.sources.mirror import DirectoryMirror, UrlMirror
from factory.sources.place import Advance, Miss, Place
from factory.sources.store import SourceStore

if TYPE_CHECKING:
    from tests.unit.sources.conftest import Answer, FileServer, Pinned


def source(*archives: Archive, name: str = "zlib", version: str = "1.3") -> Source:
    return Source(name=name, version=version, archives=archives)


def fill(store: SourceStore, archive: Archive, content: bytes) -> Path:
    with store.claim(archive) as partial:
        partial.write_bytes(content)
        return store.admit(partial, archive)


@dataclass(frozen=True, kw_only=True)
class FixedPlaces:
    """A provider that always names the same places."""

    some: Sequence[Place]
    name: str = "fixed"
    network: bool = False

    def places(self, archive: Archive) -> Sequence[Place]:
        return self.some


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    path = tmp_path / "mirror"
    path.mkdir()
    return path


def test_what_is_in_the_store_is_not_looked_for(
    store: SourceStore, console: Console, pinned: Pinned
) -> None:
    second = pinned(b"second")
    wanted = source(pinned(b"first"), second)
    path = fill(store, second, b"second")
    assert fetch(wanted, store, (), console, offline=True) == Fetched(
        source=wanted, archive=second, path=path
    )


def test_the_first_provider_that_has_it_wins(
    server: FileServer,
    store: SourceStore,
    console: Console,
    downloader: Downloader,
    pinned: Pinned,
    content: bytes,
    stderr: io.StringIO,
) -> None:
    archive = pinned(content, server.url("gone.tar"), server.serve("a.tar", content))
    providers = default_providers((server.url("mirror"),), downloader)
    fetched = fetch(source(archive), store, providers, console)
    assert fetched.path.read_bytes() == content
    assert server.paths() == [
        "/mirror/SHA256SUMS",
        "/mirror/gone.tar",
        "/mirror/a.tar",
        "/gone.tar",
        "/a.tar",
    ]
    assert f"fetched gone.tar from {server.url('a.tar')}" in stderr.getvalue()


def test_a_directory_is_asked_for_every_archive_before_the_network(
    server: FileServer,
    store: SourceStore,
    console: Console,
    downloader: Downloader,
    pinned: Pinned,
    mirror: Path,
) -> None:
    first = pinned(b"first", server.serve("first.tar", b"first"))
    second = pinned(b"second", pool="main/z/zlib/second.tar")
    (mirror / "second.tar").write_bytes(b"second")
    providers = (
        UrlMirror(server.base, downloader),
        Upstream(downloader),
        DirectoryMirror(root=mirror),
    )
    fetched = fetch(source(first, second), store, providers, console)
    assert fetched.archive == second
    assert server.seen == []


def test_a_mirror_with_bad_bytes_is_refused_and_the_next_asked(
    server: FileServer,
    store: SourceStore,
    console: Console,
    downloader: Downloader,
    pinned: Pinned,
    content: bytes,
    mirror: Path,
    stderr: io.StringIO,
) -> None:
    (mirror / "a.tar").write_bytes(content[:-9])
    archive = pinned(content, server.serve("a.tar", content))
    fetched = fetch(source(archive), store, default_providers((str(mirror),), downloader), console)
    assert fetched.path.read_bytes() == content
    said = stderr.getvalue()
    assert f"warning: zlib 1.3: refused {mirror / 'a.tar'}: wrong bytes" in said
    assert archive.sha256 in said
    assert hashlib.sha256(content[:-9]).hexdigest() in said


def test_bad_bytes_everywhere_are_a_source_error(
    server: FileServer,
    store: SourceStore,
    console: Console,
    downloader: Downloader,
    pinned: Pinned,
    content: bytes,
    mirror: Path,
) -> None:
    bad = content[:-1] + b"\0"
    short = content[:1000]
    (mirror / "a.tar").write_bytes(short)
    archive = pinned(content, server.serve("a.tar", bad))
    providers = (DirectoryMirror(root=mirror), Upstream(downloader))
    with pytest.raises(SourceError) as caught:
        fetch(source(archive), store, providers, console)
    message = caught.value.message
    (aside,) = (store.root / "rejected").iterdir()
    assert aside.read_bytes() == bad
    for part in (
        "cannot get zlib 1.3",
        archive.sha256,
        str(mirror / "a.tar"),
        hashlib.sha256(short).hexdigest(),
        server.url("a.tar"),
        hashlib.sha256(bad).hexdigest(),
        str(aside),
    ):
        assert part in message
    assert caught.value.exit_code == 4
    assert not store.path_of(archive).exists()
    assert list((store.root / "partial").iterdir()) == []


def test_what_another_place_left_behind_does_not_spoil_a_good_one(
    server: FileServer,
    store: SourceStore,
    console: Console,
    downloader: Downloader,
    pinned: Pinned,
    content: bytes,
) -> None:
    archive = pinned(content, server.serve("a.tar", content))
    with store.claim(archive) as partial:
        partial.write_bytes(b"nonsense")
    fetched = fetch(source(archive), store, (Upstream(downloader),), console)
    assert fetched.path.read_bytes() == content
    assert [seen.range for seen in server.seen] == ["bytes=8-", None]


def test_a_changed_entry_is_replaced(
    server: FileServer,
    store: SourceStore,
    console: Console,
    downloader: Downloader,
    pinned: Pinned,
    content: bytes,
    stderr: io.StringIO,
) -> None:
    archive = pinned(content, server.serve("a.tar", content))
    path = fill(store, archive, content)
    path.chmod(0o644)
    path.write_bytes(b"changed")
    assert fetch(source(archive), store, (Upstream(downloader),), console).path == path
    assert path.read_bytes() == content
    assert "has changed" in stderr.getvalue()


def test_offline_asks_no_network_and_names_the_source_and_the_command(
    server: FileServer,
    store: SourceStore,
    console: Console,
    downloader: Downloader,
    pinned: Pinned,
    mirror: Path,
) -> None:
    archive = pinned(b"x", server.serve("Python-3.13.15.tar.xz", b"x"), pool="main/p/x.tar.xz")
    python = source(archive, name="cpython", version="3.13.15")
    providers = default_providers((str(mirror), server.url("m")), downloader)
    with pytest.raises(SourceError) as caught:
        fetch(python, store, providers, console, offline=True)
    assert server.seen == []
    assert caught.value.message.splitlines() == [
        "cannot get cpython 3.13.15",
        f"  Python-3.13.15.tar.xz, sha256 {archive.sha256}",
        f"    {store.root}: not in the store",
        f"    {mirror}: SHA256SUMS does not list it, "
        "and no file is named Python-3.13.15.tar.xz or x.tar.xz",
        f"    {server.url('m')}: not asked, because of --offline",
        "    upstream: not asked, because of --offline",
        "    Debian's source archive: not asked, because of --offline",
    ]
    assert "`factory fetch --python 3.13.15`" in (caught.value.hint or "")
    assert "`--mirror DIR`" in (caught.value.hint or "")


def test_offline_a_directory_is_enough(
    store: SourceStore, console: Console, downloader: Downloader, pinned: Pinned, mirror: Path
) -> None:
    archive = pinned(b"x", "https://upstream.invalid/a.tar")
    (mirror / "a.tar").write_bytes(b"x")
    providers = default_providers((str(mirror),), downloader)
    assert fetch(source(archive), store, providers, console, offline=True).archive == archive


def test_several_are_returned_in_order_and_fetched_once(
    server: FileServer, store: SourceStore, console: Console, downloader: Downloader, pinned: Pinned
) -> None:
    wanted = [
        source(pinned(bytes([n]) * 9, server.serve(f"{n}.tar", bytes([n]) * 9)), name=f"s{n}")
        for n in range(8)
    ]
    providers = (Upstream(downloader),)
    fetched = fetch_all([*wanted, wanted[0]], store, providers, console)
    assert [one.source for one in fetched] == [*wanted, wanted[0]]
    assert sorted(server.paths()) == [f"/{n}.tar" for n in range(8)]


def test_all_that_is_missing_is_said_at_once(
    server: FileServer, store: SourceStore, console: Console, downloader: Downloader, pinned: Pinned
) -> None:
    wanted = [
        source(pinned(b"a", server.url("a.tar")), name="a"),
        source(pinned(b"b", server.serve("b.tar", b"b")), name="b"),
        source(pinned(b"c", server.url("c.tar")), name="c"),
        source(pinned(b"d"), name="d"),
    ]
    with pytest.raises(SourceError) as caught:
        fetch_all(wanted, store, (Upstream(downloader),), console)
    message = caught.value.message
    assert [line for line in message.splitlines() if not line.startswith(" ")] == [
        "cannot get a 1.3",
        "cannot get c 1.3",
        "cannot get d 1.3",
    ]
    assert f"{server.url('a.tar')}: HTTP 404 Not Found" in message
    assert store.find(wanted[1].archives[0]) is not None


def test_a_failure_of_the_machine_stops_the_others(
    store: SourceStore, console: Console, pinned: Pinned
) -> None:
    endless, full = pinned(b"endless"), pinned(b"full")

    class Disk:
        name = "disk"

        def bring(self, archive: Archive, partial: Path, advance: Advance) -> None:
            if archive == full:
                raise MachineError("no space left")
            for _ in range(1000):
                advance(0)
                time.sleep(0.01)

    wanted = (source(endless, name="endless"), source(full, name="full"))
    started = time.monotonic()
    with pytest.raises(MachineError, match="no space left"):
        fetch_all(wanted, store, (FixedPlaces(some=(Disk(),)),), console)
    assert time.monotonic() - started < 5


def test_a_miss_is_listed(store: SourceStore, console: Console, pinned: Pinned) -> None:
    provider = FixedPlaces(some=(Miss(name="somewhere", reason="a reason"),))
    with pytest.raises(SourceError, match="somewhere: a reason"):
        fetch(source(pinned(b"x")), store, (provider,), console)


def test_a_mirror_of_an_unknown_kind_is_wrong_usage(downloader: Downloader) -> None:
    with pytest.raises(UsageError):
        default_providers(("ftp://mirror.invalid/",), downloader)


SCRIPT = """
import sys
from pathlib import Path
from factory.console import Console
from factory.model.recipe import Archive, Source
from factory.sources.fetch import fetch
from factory.sources.http import Downloader, Upstream
from factory.sources.store import SourceStore

root, url, sha256, size = sys.argv[1:]
console = Console()
archive = Archive(sha256=sha256, size=int(size), urls=(url,))
source = Source(name="zlib", version="1.3", archives=(archive,))
store = SourceStore(Path(root), console)
print(fetch(source, store, (Upstream(Downloader()),), console).path)
"""


def test_two_processes_fetch_an_archive_once(
    server: FileServer, store: SourceStore, pinned: Pinned, content: bytes, answer: type[Answer]
) -> None:
    slow = answer(content=content, seconds=0.6)
    archive = pinned(content, server.serve("a.tar", slow))
    package = Path(factory.__file__).parent.parent
    command = [sys.executable, "-c", SCRIPT, str(store.root)]
    command += [archive.urls[0], archive.sha256, str(archive.size)]
    processes = [
        subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(package), "no_proxy": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=30) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert {out.strip() for out, _ in outputs} == {str(store.path_of(archive))}
    assert server.paths() == ["/a.tar"]
    assert store.path_of(archive).read_bytes() == content
