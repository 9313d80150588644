"""Time statements by the CPU time of the process.

Standard input has `[[name, setup, code, loops], ...]`; loops of 0 are found here. The answer has
one row for each, `[name, loops, [seconds, ...], error]`, with the seconds of one execution.
"""

from __future__ import annotations

import json
import sys
import time
import timeit

LEAST = 0.02  # seconds that one value takes at least
VALUES = 3


def measure(setup: str, code: str, loops: int) -> tuple[int, list[float]]:
    """Take values of one statement."""
    timer = timeit.Timer(code, setup, timer=time.process_time)
    if loops == 0:
        loops = 1
        while timer.timeit(loops) < LEAST:
            loops *= 2
    else:
        timer.timeit(loops // 10 + 1)  # what is done only once is done now
    return loops, [timer.timeit(loops) / loops for _ in range(VALUES)]


rows = []
for name, setup, code, loops in json.load(sys.stdin):
    try:
        rows.append([name, *measure(setup, code, loops), ""])
    except Exception as error:
        rows.append([name, loops, [], f"{type(error).__name__}: {error}"])
print(json.dumps(rows))
