"""Use greenlet: switch stacks in assembler, exceptions across them, threads."""

import threading

from greenlet import GreenletExit, getcurrent, greenlet


def probe_switching() -> str:
    """Two stacks play ping-pong, and an exception crosses from one to the other."""
    said: list[int] = []

    def ping(n: int) -> None:
        while n < 1000:
            said.append(n)
            n = other.switch(n + 1)

    def pong(n: int) -> None:
        while True:
            said.append(n)
            n = one.switch(n + 1)

    one, other = greenlet(ping), greenlet(pong)
    one.switch(0)
    assert said == list(range(1000))

    def fails() -> None:
        getcurrent().parent.switch()
        raise KeyError("crossed")

    third = greenlet(fails)
    third.switch()
    try:
        third.switch()
    except KeyError:
        pass
    else:
        raise AssertionError("no exception came")
    assert isinstance(other.throw(), GreenletExit)
    return "1000 switches; an exception crossed"


def probe_threads() -> str:
    """Deep stacks in several threads stay apart."""
    results: list[int] = []

    def deep(n: int) -> int:
        return 1 + deep(n - 1) if n else int(getcurrent().parent.switch(0) or 0)

    def work() -> None:
        branches = [greenlet(deep) for _ in range(20)]
        for branch in branches:
            branch.switch(100)
        results.extend(branch.switch(1) for branch in branches)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [101] * 80, results
    return "80 stacks in 4 threads"
