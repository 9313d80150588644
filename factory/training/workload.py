"""What programs do that CPython's own training leaves cold; run by an instrumented interpreter.

CPython's task is a part of its test suite: it sees every branch of a few modules once. This is for
the branches that programs take a million times: calls, attributes, arithmetic, containers,
strings, parsers, start-up. Every part is a function without arguments that checks its result: a
training that computed something else would be worth nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time

# These lie beside this script.
import data  # type: ignore[import-not-found]
import language  # type: ignore[import-not-found]
import library  # type: ignore[import-not-found]

_HEAVY = "import asyncio, json, http.client, email, ssl, argparse, logging, typing, dataclasses"


def start_up() -> None:
    """Most processes of an interpreter are short."""
    for arguments in (("-I", "-c", "pass"), ("-c", "pass"), ("-I", "-S", "-c", "pass")):
        for _ in range(12):
            subprocess.run([sys.executable, *arguments], check=True)
    for _ in range(6):
        subprocess.run([sys.executable, "-I", "-c", _HEAVY], check=True)


# So that all of it weighs about as much as CPython's task.
ROUNDS = 12


def main() -> None:
    """Run every part; say how long each took."""
    start_up()
    for part in (*language.PARTS, *data.PARTS, *library.PARTS):
        start = time.process_time()
        for _ in range(ROUNDS):
            part()
        print(f"{part.__name__:12} {time.process_time() - start:6.2f} s", flush=True)


if __name__ == "__main__":
    main()
