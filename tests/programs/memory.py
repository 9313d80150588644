"""What a process holds after it has freed most of what it had; pages, in MiB."""

import gc
import threading
import time
from pathlib import Path


def resident() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def go_on(seconds: float = 1.2) -> None:
    """Do what a server does between requests."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert [bytes(600 + 10 * n) for n in range(1000)]
        time.sleep(0.002)


def objects() -> None:
    assert [bytes(3000 + n % 500) for n in range(50_000)]


def blocks() -> None:
    assert [bytearray(b"x") * (8 << 20) for _ in range(15)]


def in_threads() -> None:
    threads = [threading.Thread(target=objects) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


go_on()
before = resident()
for work in (objects, blocks, in_threads):
    work()
    gc.collect()
    go_on()
    print(work.__name__, round(resident() - before))
# Nobody has written to it, so the kernel has not made it yet.
zeros = bytes(300 << 20)
print("zeros", round(resident() - before), zeros[1 << 28])
