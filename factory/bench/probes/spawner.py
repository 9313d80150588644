"""Start processes one after the other and tell what each has used.

Runs on its own, in the factory's Python or, in another root directory, in the Python there. It
reads one request a line from standard input, `{"argv", "env", "cwd", "stdin", "seconds"}`, and
answers with one line. What starts the processes is small on purpose, and does so by vfork: what a
fork copies would count as the child's.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from typing import Any

running: subprocess.Popen[bytes] | None = None


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGTERM, stop)
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)


def carry_out(request: dict[str, Any]) -> dict[str, Any]:
    """Run one program to its end, or until its time is up."""
    global running
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    try:
        running = subprocess.Popen(
            request["argv"],
            env=request["env"],
            cwd=request["cwd"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return {"code": 127, "out": "", "err": str(error), "cpu": 0.0, "wall": 0.0}
    try:
        out, err = running.communicate(request["stdin"].encode(), timeout=request["seconds"])
    except subprocess.TimeoutExpired:
        end(running)
        out, err = running.communicate()
        err += b"\nno end after %d s" % request["seconds"]
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "code": running.returncode,
        "out": out.decode(errors="replace"),
        "err": err.decode(errors="replace"),
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall": wall,
    }


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def stop(number: int, frame: object) -> None:
    """Leave nothing behind."""
    if running is not None and running.returncode is None:
        end(running)
    os._exit(128 + number)


if __name__ == "__main__":
    main()
