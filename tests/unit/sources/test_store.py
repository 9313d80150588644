from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from factory.errors import MachineError
from factory.sources.digest import digest_of
from factory.sources.place import WrongBytesError
from factory.sources.store import SourceStore

if TYPE_CHECKING:
    from tests.unit.sources.conftest import Pinned


def test_an_admitted_archive_is_found_and_read_only(
    store: SourceStore, pinned: Pinned, content: bytes
) -> None:
    archive = pinned(content)
    with store.claim(archive) as partial:
        partial.write_bytes(content)
        path = store.admit(partial, archive)
    assert path == store.find(archive) == store.root / "sha256" / archive.sha256
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o444
    assert list((store.root / "partial").iterdir()) == []


def test_an_empty_store_has_nothing_and_makes_nothing(store: SourceStore, pinned: Pinned) -> None:
    assert store.find(pinned(b"x")) is None
    assert not store.root.exists()


def test_wrong_bytes_are_refused_and_kept_aside(store: SourceStore, pinned: Pinned) -> None:
    archive = pinned(b"right", "https://upstream.invalid/zlib-1.tar.gz")
    with store.claim(archive) as partial:
        partial.write_bytes(b"wrong")
        with pytest.raises(WrongBytesError) as caught:
            store.admit(partial, archive)
        assert not partial.exists()
    error = caught.value
    assert error.exit_code == 4
    assert error.file.read_bytes() == b"wrong"
    assert error.file.parent == store.root / "rejected"
    assert error.file.name == f"{error.found.sha256}-zlib-1.tar.gz"
    for part in (archive.sha256, error.found.sha256, str(error.file)):
        assert part in error.message
    assert store.find(archive) is None


def test_the_size_counts_too(store: SourceStore, pinned: Pinned) -> None:
    archive = pinned(b"right", size=6)
    with store.claim(archive) as partial:
        partial.write_bytes(b"right")
        with pytest.raises(WrongBytesError, match=r"\(6 bytes\).*\(5 bytes\)"):
            store.admit(partial, archive)


def test_a_changed_entry_is_moved_aside_and_reported(
    store: SourceStore, pinned: Pinned, content: bytes, stderr: io.StringIO
) -> None:
    archive = pinned(content)
    path = store.path_of(archive)
    path.parent.mkdir(parents=True)
    path.write_bytes(content[:-1])
    assert store.find(archive) is None
    assert not path.exists()
    (aside,) = (store.root / "rejected").iterdir()
    assert aside.read_bytes() == content[:-1]
    said = stderr.getvalue()
    assert "has changed" in said
    for part in (str(path), str(aside), archive.sha256, digest_of(aside).sha256):
        assert part in said


def test_an_unfinished_claim_leaves_the_partial_file(store: SourceStore, pinned: Pinned) -> None:
    archive = pinned(b"whole")
    with store.claim(archive) as partial:
        partial.write_bytes(b"wh")
    with store.claim(archive) as partial:
        assert partial.read_bytes() == b"wh"


def test_only_one_holds_a_claim(store: SourceStore, pinned: Pinned, stderr: io.StringIO) -> None:
    archive = pinned(b"x", "https://upstream.invalid/x.tar.gz")
    holders = most = 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal holders, most
        for _ in range(20):
            with store.claim(archive, lambda: None):
                with guard:
                    holders += 1
                    most = max(most, holders)
                with guard:
                    holders -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert list((store.root / "partial").iterdir()) == []


def test_who_waits_says_so_and_may_give_up(
    store: SourceStore, pinned: Pinned, stderr: io.StringIO
) -> None:
    archive = pinned(b"x", "https://upstream.invalid/x.tar.gz")

    class GaveUpError(Exception):
        pass

    def give_up() -> None:
        raise GaveUpError

    with store.claim(archive), pytest.raises(GaveUpError), store.claim(archive, give_up):
        raise AssertionError
    assert "x.tar.gz: waiting" in stderr.getvalue()


def test_a_store_that_cannot_be_made_is_the_machines_fault(tmp_path: Path, pinned: Pinned) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = SourceStore(tmp_path / "file" / "store")
    with pytest.raises(MachineError, match="Not a directory"), store.claim(pinned(b"x")):
        raise AssertionError
