"""Ten thousand threads one after the other, then two hundred at once: nothing is left of them."""

import threading
from pathlib import Path

results = []


def mappings() -> int:
    return len(Path("/proc/self/maps").read_text().splitlines())


def run(number: int) -> None:
    local = threading.local()
    local.value = number
    results.append(local.value)


for number in range(100):
    threading.Thread(target=run, args=(number,)).start()
before = mappings()
for number in range(10_000):
    thread = threading.Thread(target=run, args=(number,))
    thread.start()
    thread.join()
together = [threading.Thread(target=run, args=(number,)) for number in range(200)]
for thread in together:
    thread.start()
for thread in together:
    thread.join()
assert len(results) == 10_300
assert threading.active_count() == 1, threading.enumerate()
assert len(list(Path("/proc/self/task").iterdir())) == 1
assert mappings() < before + 100, (before, mappings())
print("ok")
