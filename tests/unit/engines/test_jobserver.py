from __future__ import annotations

import contextlib
import os
import re
import select
import threading
from collections.abc import Iterator

import pytest

from factory.engines.jobserver import Jobserver, StoppedError


@pytest.fixture
def jobserver() -> Iterator[Jobserver]:
    server = Jobserver(2)
    yield server
    server.close()


def tokens(jobserver: Jobserver) -> int:
    """Count the tokens in the pipe, and leave them there."""
    read, write = jobserver.descriptors
    os.set_blocking(read, False)
    try:
        content = os.read(read, 4096)
    except BlockingIOError:
        return 0
    finally:
        os.set_blocking(read, True)
    os.write(write, content)
    return len(content)


@pytest.mark.parametrize("jobs", [1, 2, 64])
def test_there_is_a_token_for_each_job(jobs: int) -> None:
    server = Jobserver(jobs)
    assert tokens(server) == jobs
    server.close()


def test_a_token_is_taken_and_given_back(jobserver: Jobserver) -> None:
    with jobserver.token():
        assert tokens(jobserver) == 1
        with jobserver.token():
            assert tokens(jobserver) == 0
    assert tokens(jobserver) == 2


def test_a_failure_gives_the_token_back(jobserver: Jobserver) -> None:
    with pytest.raises(ZeroDivisionError), jobserver.token():
        raise ZeroDivisionError
    assert tokens(jobserver) == 2


def test_the_same_byte_goes_back(jobserver: Jobserver) -> None:
    read, write = jobserver.descriptors
    os.read(read, 2)
    os.write(write, b"ab")
    with jobserver.token():
        pass
    assert sorted(os.read(read, 2)) == sorted(b"ab")


def test_without_a_token_one_waits(jobserver: Jobserver) -> None:
    entered = threading.Event()

    def work() -> None:
        with jobserver.token():
            entered.set()

    with jobserver.token(), jobserver.token():
        thread = threading.Thread(target=work)
        thread.start()
        assert not entered.wait(0.1)
    assert entered.wait(30)
    thread.join()
    assert tokens(jobserver) == 2


def test_a_stop_wakes_those_who_wait(jobserver: Jobserver) -> None:
    os.read(jobserver.descriptors[0], 2)  # a make that was killed took them along
    stopped = threading.Event()

    def work() -> None:
        with contextlib.suppress(StoppedError), jobserver.token():
            return
        stopped.set()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(5)]
    for thread in threads:
        thread.start()
    jobserver.stop()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert stopped.is_set()


def test_after_a_stop_there_are_no_tokens(jobserver: Jobserver) -> None:
    jobserver.stop()
    with pytest.raises(StoppedError), jobserver.token():
        raise AssertionError


def test_a_pipe_that_make_set_to_non_blocking(
    jobserver: Jobserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else was faster: select() saw a token and read() finds none."""
    read, write = jobserver.descriptors
    os.set_blocking(read, False)
    stolen = os.read(read, 2)
    calls = 0
    real_select = select.select

    def select_too_early(r: list[int], w: list[int], x: list[int]) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            return r, w, x
        os.write(write, stolen)
        return real_select(r, w, x)

    monkeypatch.setattr(select, "select", select_too_early)
    with jobserver.token():
        assert calls == 2
    monkeypatch.undo()
    assert tokens(jobserver) == 2


def test_what_make_is_told(jobserver: Jobserver) -> None:
    read, write = jobserver.descriptors
    assert jobserver.makeflags == f" -j2 --jobserver-auth={read},{write}"
    assert re.fullmatch(r" -j2 --jobserver-auth=\d+,\d+", jobserver.makeflags)


def test_children_inherit_the_pipe_only_when_told(jobserver: Jobserver) -> None:
    assert [os.get_inheritable(descriptor) for descriptor in jobserver.descriptors] == [False] * 2


def test_closing_gives_the_pipe_back() -> None:
    server = Jobserver(1)
    read, write = server.descriptors
    server.close()
    for descriptor in (read, write):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
