"""Two machines: what one made the other takes, when its bytes are right."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.cache import ActionCache
from factory.console import Console
from factory.errors import UsageError
from factory.shared_cache import SharedDirectory, SharedServer, open_shared_cache

KEY, OTHER = "a" * 64, "b" * 64
Machine = Callable[[str], ActionCache]


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def machine(tmp_path: Path, said: io.StringIO) -> Machine:
    def make(name: str, *, read_only: bool = False) -> ActionCache:
        cache = ActionCache(tmp_path / name, Console(said))
        cache.share(SharedDirectory(tmp_path / "shared"), read_only=read_only)
        return cache

    return make


def add(cache: ActionCache, key: str = KEY, content: bytes = b"output") -> None:
    cache.temporary(key).write_bytes(content)
    cache.admit(key, "zlib", cache.temporary(key), 1.5)


def test_what_one_makes_the_other_takes(machine: Machine) -> None:
    add(machine("one"))
    found = machine("two").find(KEY)
    assert found is not None
    assert found.read_bytes() == b"output"
    (entry,) = machine("two").entries()
    assert (entry.name, entry.seconds) == ("zlib", 1.5)


def test_what_nobody_made(machine: Machine, said: io.StringIO) -> None:
    assert machine("two").find(KEY) is None
    assert said.getvalue() == ""


def test_reading_only(machine: Callable[..., ActionCache]) -> None:
    add(machine("one", read_only=True))
    assert machine("two").find(KEY) is None


@pytest.mark.parametrize(
    ("suffix", "content", "problem"),
    [
        (".tar", b"other bytes", "wanted SHA-256"),
        (".tar", None, "is there, a{64}.tar is not"),
        (".json", b"{", "describes no entry of that key"),
        (".json", json.dumps({"key": OTHER}).encode(), "describes no entry of that key"),
    ],
)
def test_a_broken_entry_is_not_taken(
    machine: Machine,
    tmp_path: Path,
    said: io.StringIO,
    suffix: str,
    content: bytes | None,
    problem: str,
) -> None:
    add(machine("one"))
    file = tmp_path / "shared" / f"{KEY}{suffix}"
    file.write_bytes(content) if content is not None else file.unlink()
    cache = machine("two")
    assert cache.find(KEY) is None
    assert "the shared cache is not used any more" in said.getvalue()
    assert not list((tmp_path / "two/actions").iterdir())


def test_a_cache_that_does_not_answer_is_asked_once(tmp_path: Path, said: io.StringIO) -> None:
    cache = ActionCache(tmp_path / "one", Console(said))
    cache.share(SharedServer("http://127.0.0.1:9", None))
    add(cache)
    add(cache, OTHER)
    assert cache.find("c" * 64) is None
    assert said.getvalue().count("the shared cache is not used any more") == 1


def test_export_and_import(machine: Machine, tmp_path: Path, said: io.StringIO) -> None:
    alone = ActionCache(tmp_path / "alone", Console(said))
    add(alone)
    add(alone, OTHER)
    shared = SharedDirectory(tmp_path / "shared")
    alone.share(shared)
    assert {entry.key for entry in alone.send_all()} == {KEY, OTHER}
    assert list(shared.stored()) == [KEY, OTHER]
    assert machine("two").find(OTHER) is not None


def test_kinds(tmp_path: Path) -> None:
    assert isinstance(open_shared_cache(str(tmp_path), None), SharedDirectory)
    assert isinstance(open_shared_cache("https://cache.invalid/x", None), SharedServer)
    with pytest.raises(UsageError, match="FACTORY_REMOTE_CACHE: wanted a directory or http"):
        open_shared_cache("s3://bucket", None)
