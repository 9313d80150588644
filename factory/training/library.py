"""What programs ask of the library: files, tasks, tables, numbers, Python itself."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import datetime
import decimal
import fractions
import functools
import inspect
import io
import logging
import os
import queue
import random
import sqlite3
import tempfile
import textwrap
import threading
import time
import tokenize
import types
from collections.abc import Callable
from pathlib import Path


def files() -> None:
    """What a program asks the system for: files, directories, the clock, threads."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n in range(120):
            (folder / f"file-{n}.txt").write_text(f"line {n}\n" * 20)
        for _ in range(4):
            for path in sorted(folder.iterdir()):
                assert path.stat().st_size > 100 and os.path.isfile(path) and path.exists()
                assert path.suffix == ".txt" and path.with_suffix("").name.startswith("file")
                assert os.path.join(name, os.path.basename(path)) == str(path)
                with path.open() as lines:
                    assert sum(len(line) for line in lines) > 100
                assert path.read_bytes().startswith(b"line")
            assert sum(entry.is_file() for entry in os.scandir(name)) == 120
            assert len(os.listdir(name)) == len(list(folder.glob("*.txt"))) == 120
            for _ in range(300):
                os.stat(name)
                assert time.strftime("%Y-%m-%d", time.localtime()) and time.monotonic() > 0
    for _ in range(40):
        thread = threading.Thread(target=time.time)
        thread.start()
        thread.join()


async def _produce(line: asyncio.Queue[int | None], number: int) -> None:
    for n in range(number):
        await line.put(n)
        if n % 10 == 0:
            await asyncio.sleep(0)
    await line.put(None)


async def _consume(line: asyncio.Queue[int | None]) -> int:
    total = 0
    while (n := await line.get()) is not None:
        total += n
    return total


async def _descend(depth: int) -> int:
    if depth == 0:
        await asyncio.sleep(0)
        return 1
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_descend(depth - 1)) for _ in range(3)]
    return sum(task.result() for task in tasks)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def _talk() -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    reader, writer = await asyncio.open_connection(host, port)
    for n in range(300):
        writer.write(b"%d\n" % n)
        assert await reader.readline() == b"%d\n" % n
    writer.close()
    server.close()


async def _tasks() -> None:
    line: asyncio.Queue[int | None] = asyncio.Queue(maxsize=20)
    _, total = await asyncio.gather(_produce(line, 3000), _consume(line))
    assert total == sum(range(3000))
    assert await _descend(6) == 3**6
    await _talk()


def concurrency() -> None:
    """Tasks, streams, threads, locks, queues."""
    asyncio.run(_tasks())
    line: queue.Queue[int] = queue.Queue()
    lock, results = threading.Lock(), []

    def work() -> None:
        while (n := line.get()) >= 0:
            with lock:
                results.append(n * n)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in [*range(2000), *[-1] * 4]:
        line.put(n)
    for thread in threads:
        thread.join()
    assert len(results) == 2000


def database() -> None:
    """SQLite in memory."""
    with contextlib.closing(sqlite3.connect(":memory:")) as base:
        base.execute("create table item (id integer primary key, name text, price real)")
        rows = ((n, f"name {n}", n * 0.5) for n in range(4000))
        base.executemany("insert into item values (?, ?, ?)", rows)
        base.create_function("twice", 1, lambda value: value * 2)
        for n in range(300):
            query = "select name, twice(price) from item where id = ? or price between ? and ?"
            assert base.execute(query, (n, n, n + 1)).fetchall()
        assert len(base.execute("select * from item order by price desc").fetchall()) == 4000
        assert base.execute("select count(*) from item where name like '%99%'").fetchone()[0]


def numbers() -> None:
    """Decimals, fractions, dates, random numbers."""
    total = decimal.Decimal(0)
    for n in range(1, 3000):
        total += decimal.Decimal(n) / 7 - decimal.Decimal("0.1") * n
    assert total and sum(fractions.Fraction(1, n) for n in range(1, 120)) > 5
    day = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    for n in range(3000):
        day += datetime.timedelta(hours=n % 50)
        assert day.isoformat() and day.strftime("%Y-%m-%d %H:%M") and day.timestamp()
        assert datetime.datetime.fromisoformat("2011-11-04T00:05:23") and time.gmtime(n)
    source = random.Random(5)
    items = list(range(500))
    for _ in range(40):
        source.shuffle(items)
        assert source.choice(items) >= 0 and source.random() < 1 and source.gauss(0, 1) < 50


def languages() -> None:
    """What works on Python itself: compiling, the AST, tokens, templates, logging, exceptions."""
    functions = (f"def f{n}(a, *b, c={n}, **d): return [x + a for x in b if x]" for n in range(300))
    source = "\n".join((inspect.getsource(textwrap), *functions)).encode()
    for _ in range(2):
        tree = ast.parse(source)
        assert compile(tree, "x", "exec") and ast.unparse(tree)
        assert sum(isinstance(node, ast.Name) for node in ast.walk(tree)) > 0
        assert sum(1 for _ in tokenize.tokenize(io.BytesIO(source).readline)) > 1000
    logger = logging.getLogger("training")
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    logger.setLevel(logging.INFO)
    lookup: dict[str, int] = {}
    for n in range(2500):
        logger.debug("not %s", n)
        logger.info("line %d of %s", n, "many")
        try:
            int("x") if n % 2 else lookup["x"]
        except (ValueError, KeyError) as error:
            assert error.__traceback__ is not None
        with contextlib.ExitStack() as stack:
            stack.callback(id, n)
    spaces = [types.SimpleNamespace(a=n, b=str(n)) for n in range(3000)]
    page = "".join(f"<tr><td>{row.a}</td><td>{row.b}</td></tr>" for row in spaces)
    assert len(page) > 3000
    cache = functools.lru_cache(maxsize=64)(lambda n: n * 2)
    assert sum(cache(n % 100) for n in range(5000)) > 0
    match {"kind": "move", "to": (1, 2)}:
        case {"kind": "move", "to": (x, y)}:
            assert (x, y) == (1, 2)


PARTS: tuple[Callable[[], None], ...] = (
    files,
    concurrency,
    database,
    numbers,
    languages,
)
