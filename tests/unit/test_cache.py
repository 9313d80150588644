from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from factory.cache import ActionCache
from factory.console import Console
from factory.errors import BuildError

KEY = "a" * 64
OTHER = "b" * 64


def admit(cache: ActionCache, key: str = KEY, content: bytes = b"output") -> Path:
    archive = cache.temporary(key)
    archive.write_bytes(content)
    return cache.admit(key, "zlib-x86_64", archive, 1.234)


def again(cache: ActionCache) -> ActionCache:
    """Open the cache as the next call of the factory does."""
    return ActionCache(cache.root, Console(io.StringIO()))


def age(cache: ActionCache, key: str, days: float) -> None:
    sidecar = cache.root / "actions" / f"{key}.json"
    data = json.loads(sidecar.read_text())
    data["created"] -= days * 86400
    sidecar.write_text(json.dumps(data))


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_was_admitted_is_found(cache: ActionCache) -> None:
    place = admit(cache)
    for view in (cache, again(cache)):
        assert view.find(KEY) == place
        assert view.find(OTHER) is None
    assert place.read_bytes() == b"output"
    assert sorted(path.name for path in place.parent.iterdir()) == [f"{KEY}.json", f"{KEY}.tar"]


def test_an_entry_describes_its_archive(cache: ActionCache) -> None:
    admit(cache)
    (entry,) = again(cache).entries()
    assert (entry.key, entry.name, entry.size, entry.seconds) == (KEY, "zlib-x86_64", 6, 1.23)
    assert entry.sha256 == hashlib.sha256(b"output").hexdigest()


def test_a_second_archive_for_a_key_takes_the_place_of_the_first(cache: ActionCache) -> None:
    admit(cache)
    admit(cache, content=b"another")
    found = again(cache).find(KEY)
    assert found is not None
    assert found.read_bytes() == b"another"


@pytest.mark.parametrize("content", [b"outpuT", b"out", b"", b"output and more"])
def test_changed_bytes_are_noticed_said_and_put_aside(
    cache: ActionCache, stderr: io.StringIO, console: Console, content: bytes
) -> None:
    place = admit(cache)
    place.write_bytes(content)
    next_call = ActionCache(cache.root, console)
    assert next_call.find(KEY) is None
    said = stderr.getvalue()
    for part in (
        *("warning: ", str(place), "zlib-x86_64", "damaged"),
        f"wanted SHA-256 {hashlib.sha256(b'output').hexdigest()}",
        f"found {hashlib.sha256(content).hexdigest()}",
    ):
        assert part in said
    assert not place.exists()
    assert (cache.root / "rejected" / place.name).read_bytes() == content
    assert next_call.entries() == ()


def test_what_was_put_aside_can_be_made_again(cache: ActionCache) -> None:
    admit(cache).write_bytes(b"damaged")
    next_call = again(cache)
    assert next_call.find(KEY) is None
    admit(next_call)
    assert again(cache).find(KEY) is not None


def test_an_archive_that_is_gone(cache: ActionCache, console: Console, stderr: io.StringIO) -> None:
    admit(cache).unlink()
    assert ActionCache(cache.root, console).find(KEY) is None
    assert "its archive is missing" in stderr.getvalue()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"key": 1}', "null"])
def test_a_broken_description_counts_as_nothing(cache: ActionCache, text: str) -> None:
    admit(cache)
    (cache.root / "actions" / f"{KEY}.json").write_text(text)
    assert again(cache).find(KEY) is None
    assert again(cache).entries() == ()


def test_a_description_of_another_entry_counts_as_nothing(cache: ActionCache) -> None:
    admit(cache)
    admit(cache, OTHER, b"other output")
    actions = cache.root / "actions"
    (actions / f"{OTHER}.json").write_text((actions / f"{KEY}.json").read_text())
    assert again(cache).find(OTHER) is None


def test_an_archive_without_description_counts_as_nothing(cache: ActionCache) -> None:
    admit(cache)
    (cache.root / "actions" / f"{KEY}.json").unlink()
    assert again(cache).find(KEY) is None


def test_verify_finds_what_changed(cache: ActionCache) -> None:
    admit(cache)
    admit(cache, OTHER).write_bytes(b"changed")
    assert [entry.key for entry in cache.verify()] == [OTHER]
    assert cache.find(OTHER) is None
    assert cache.find(KEY) is not None
    assert cache.verify() == ()


def test_entries_come_newest_first(cache: ActionCache) -> None:
    admit(cache)
    admit(cache, OTHER)
    age(cache, OTHER, 1)
    assert [entry.key for entry in cache.entries()] == [KEY, OTHER]


def test_gc_takes_what_is_old(cache: ActionCache) -> None:
    admit(cache)
    admit(cache, OTHER)
    age(cache, OTHER, 31)
    assert [entry.key for entry in cache.collect(30)] == [OTHER]
    assert cache.find(OTHER) is None
    assert cache.find(KEY) is not None
    assert sorted(path.stem for path in (cache.root / "actions").iterdir()) == [KEY, KEY]
    assert [entry.key for entry in cache.collect(0)] == [KEY]
    assert list((cache.root / "actions").iterdir()) == []


def test_leftovers_of_killed_builds_go_and_those_of_live_ones_stay(cache: ActionCache) -> None:
    dead, live = dead_process(), os.getpid()
    work, actions = cache.root / "work", cache.root / "actions"
    for owner in (dead, live):
        tree = work / f"zlib-x86_64-abc.{owner}"
        (tree / "build").mkdir(parents=True)
        (tree / "build" / "file").touch()
        (actions / f".{KEY}.{owner}.tmp").touch()
    (work / "nobody-knows").touch()
    admit(cache, OTHER)
    assert cache.clean_leftovers() == 3
    assert [path.name for path in work.iterdir()] == [f"zlib-x86_64-abc.{live}"]
    assert [path.name for path in actions.glob(".*")] == [f".{KEY}.{live}.tmp"]
    assert again(cache).find(OTHER) is not None


def test_gc_cleans_leftovers_too(cache: ActionCache) -> None:
    left = cache.root / "actions" / f".{KEY}.{dead_process()}.tmp"
    left.touch()
    assert cache.collect(30) == ()
    assert not left.exists()


def test_gc_takes_old_logs_and_archives_without_a_sidecar(cache: ActionCache) -> None:
    admit(cache)
    orphan = cache.root / "actions" / f"{OTHER}.tar"
    log = cache.log("zlib-x86_64", OTHER)
    for file in (orphan, log):
        file.touch()
    cache.collect(30)
    assert orphan.exists()  # a build may be about to write its sidecar
    assert log.exists()
    for file in (orphan, log):
        os.utime(file, (0, 0))
    cache.collect(30)
    assert not orphan.exists()
    assert not log.exists()
    assert cache.find(KEY) is not None


HOLD = """\
import io, sys
from pathlib import Path
from factory.cache import ActionCache
from factory.console import Console

with ActionCache(Path(sys.argv[1]), Console(io.StringIO())).lock(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_waits_for_the_first(
    cache: ActionCache, stderr: io.StringIO, console: Console
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(cache.root), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    entered = threading.Event()

    def wait() -> None:
        with cache.lock(KEY):
            entered.set()

    with holder:
        assert holder.stdout.readline() == "held\n"
        with cache.lock(OTHER):
            pass  # another key is free
        assert stderr.getvalue() == ""
        thread = threading.Thread(target=wait)
        thread.start()
        assert not entered.wait(0.3)
        assert f"waiting for another build that makes {KEY[:12]}" in stderr.getvalue()
        holder.stdin.close()
        thread.join(timeout=30)
    assert entered.is_set()


def test_a_killed_process_holds_no_lock(cache: ActionCache) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(cache.root), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
        with cache.lock(KEY):
            pass


def test_a_wait_can_be_stopped(cache: ActionCache, stderr: io.StringIO) -> None:
    stop = threading.Event()
    stop.set()
    with (cache.root / "locks" / f"{KEY}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BuildError, match="stopped waiting"), cache.lock(KEY, stop):
            raise AssertionError
    with cache.lock(KEY, stop):
        pass  # what is free needs no wait


def test_an_exception_gives_the_lock_back(cache: ActionCache) -> None:
    with pytest.raises(ZeroDivisionError), cache.lock(KEY):
        raise ZeroDivisionError
    stop = threading.Event()
    stop.set()
    with again(cache).lock(KEY, stop):
        pass


def test_the_log_of_an_action_has_its_name_and_key(cache: ActionCache) -> None:
    assert cache.log("zlib-x86_64", KEY) == cache.root / "logs" / f"zlib-x86_64-{KEY[:12]}.log"
