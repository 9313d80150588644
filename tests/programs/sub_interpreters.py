"""Interpreters in one process (3.14), each with a GIL of its own and modules of the library."""

from concurrent import interpreters
from concurrent.futures import InterpreterPoolExecutor

PROGRAM = """
import json, decimal, hashlib, re, zlib, datetime, asyncio
queue.put(json.dumps({"digest": hashlib.sha256(b"abc").hexdigest()[:8]}))
"""


def work(number: int) -> int:
    import math

    return math.isqrt(number)


if __name__ == "__main__":
    queue = interpreters.create_queue()
    for _ in range(20):
        interpreter = interpreters.create()
        interpreter.prepare_main(queue=queue)
        interpreter.exec(PROGRAM)
        assert queue.get() == '{"digest": "ba7816bf"}'
        interpreter.close()
    with InterpreterPoolExecutor(2) as pool:
        assert list(pool.map(work, [4, 9, 16])) == [2, 3, 4]
    print(len(interpreters.list_all()))
