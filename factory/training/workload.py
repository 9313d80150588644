"""What programs do that CPython's own training leaves cold; run by an instrumented interpreter.

CPython's task is a part of its test suite: it sees every branch of a few modules once. This is for
the branches that programs take a million times: calls, attributes, arithmetic, containers,
strings, parsers, start-up. Every part is a function without arguments that checks its result: a
training that computed something else would be worth nothing.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import bisect
import collections
import contextlib
import copy
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import gc
import hashlib
import heapq
import inspect
import io
import itertools
import json
import logging
import math
import operator
import os
import pickle
import queue
import random
import re
import sqlite3
import statistics
import string
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import tokenize
import types
import typing
import urllib.parse
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

_HEAVY = "import asyncio, json, http.client, email, ssl, argparse, logging, typing, dataclasses"


def start_up() -> None:
    """Most processes of an interpreter are short."""
    for arguments in (("-I", "-c", "pass"), ("-c", "pass"), ("-I", "-S", "-c", "pass")):
        for _ in range(12):
            subprocess.run([sys.executable, *arguments], check=True)
    for _ in range(6):
        subprocess.run([sys.executable, "-I", "-c", _HEAVY], check=True)


@dataclasses.dataclass
class Body:
    """A mass point."""

    place: list[float]
    speed: list[float]
    mass: float


def floats() -> None:
    """Planets: arithmetic of floats in lists and attributes."""
    bodies = [
        Body(place=[float(n), n * 0.5, -n * 0.25], speed=[0.0, 0.01 * n, 0.0], mass=1.0 / (n + 1))
        for n in range(5)
    ]
    pairs = list(itertools.combinations(bodies, 2))
    for _ in range(6000):
        for one, two in pairs:
            dx = one.place[0] - two.place[0]
            dy = one.place[1] - two.place[1]
            dz = one.place[2] - two.place[2]
            size = 0.001 * (dx * dx + dy * dy + dz * dz + 0.1) ** -1.5
            for axis, distance in enumerate((dx, dy, dz)):
                one.speed[axis] -= distance * two.mass * size
                two.speed[axis] += distance * one.mass * size
        for body in bodies:
            x, y, z = body.place
            vx, vy, vz = body.speed
            body.place = [x + 0.001 * vx, y + 0.001 * vy, z + 0.001 * vz]
    assert all(math.isfinite(value) for body in bodies for value in body.place)
    total = 0.0
    for n in range(1, 60_000):
        total += math.sin(n) * math.cos(n) + math.sqrt(n) + math.exp(-n / 1e5) + math.log(n)
        total += n**0.5 + pow(1.0001, n % 100) - abs(-n) / n
    assert total > 0
    matrix = [[1.0 / (i + j + 1) for j in range(60)] for i in range(60)]
    product = [
        [
            sum(a * b for a, b in zip(row, column, strict=True))
            for column in zip(*matrix, strict=True)
        ]
        for row in matrix
    ]
    assert len(product) == 60


def integers() -> None:
    """Sieves, large numbers, bits."""
    limit = 200_000
    sieve = bytearray([1]) * limit
    for n in range(2, int(limit**0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, limit, n)))
    assert sum(sieve) - 2 == 17984
    number, digits = 1, 0
    for n in range(1, 600):
        number = number * n + n
        digits += len(str(number))
    assert digits and number % 7 >= 0
    state = 42
    for _ in range(150_000):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        state ^= state >> 7
        state |= 1
    assert state > 0
    assert pow(3, 10**6, 10**9 + 7) > 0
    digits_of_pi = itertools.islice(_pi(), 250)
    assert "".join(map(str, digits_of_pi)).startswith("314159265358979")


def _pi() -> Iterator[int]:
    q, r, t, k, n, x = 1, 0, 1, 1, 3, 3
    while True:
        if 4 * q + r - t < n * t:
            yield n
            q, r, n = 10 * q, 10 * (r - n * t), (10 * (3 * q + r)) // t - 10 * n
        else:
            q, r, t, n, x = (
                q * k,
                (2 * q + r) * x,
                t * x,
                (q * (7 * k + 2) + r * x) // (t * x),
                x + 2,
            )
            k += 1


class Shape:
    """A base of classes with slots, properties and special methods."""

    __slots__ = ("_side", "name")
    made = 0

    def __init__(self, name: str, side: float) -> None:
        self.name = name
        self._side = side
        Shape.made += 1

    @property
    def side(self) -> float:
        return self._side

    @side.setter
    def side(self, value: float) -> None:
        self._side = value

    def area(self) -> float:
        return self._side * self._side

    def __add__(self, other: Shape) -> Shape:
        return type(self)(self.name, self._side + other._side)

    def __lt__(self, other: Shape) -> bool:
        return self._side < other._side

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and self._side == other._side

    def __hash__(self) -> int:
        return hash((self.name, self._side))

    @classmethod
    def unit(cls) -> Shape:
        return cls("unit", 1.0)

    @staticmethod
    def scale(value: float, *, by: float = 2.0) -> float:
        return value * by


class Circle(Shape):
    """Overrides and calls up."""

    def area(self) -> float:
        return super().area() * math.pi

    def __getattr__(self, name: str) -> str:
        return name.upper()  # of what the others do not have


class Color(enum.Enum):
    """An enum of three."""

    RED = 1
    GREEN = 2
    BLUE = 3


Point = collections.namedtuple("Point", "x y")


def objects() -> None:
    """Calls, attributes, inheritance, polymorphism, special methods."""
    total = 0.0
    for n in range(15_000):
        shape = Circle("c", float(n)) if n % 3 else Shape("s", float(n))
        shape.side = shape.side + 1
        total += shape.area() + (shape + Shape.unit()).side + Shape.scale(n, by=3.0)
        if shape < Shape.unit() or shape == total:
            total += 1
        point = Point(x=n, y=total)
        total += point.x - point[0]
        total += getattr(shape, "side", 0) - shape.side
        if n % 3:
            # By its name, which the class does not have: __getattr__ answers.
            total += len(getattr(shape, "missing"))  # noqa: B009
        total += isinstance(shape, Circle) + callable(shape) + hasattr(shape, "area")
        total += Color(n % 3 + 1).value - (Color.RED is Color["RED"])
    assert total > 0
    assert _queens(6) == 4
    assert _fibonacci(19) == 4181
    trees = [_tree(9) for _ in range(6)]
    assert sum(_count(tree) for tree in trees) == 6 * 1023
    whole = {"a": [Point(1, 2), {"b": (1, [2, 3])}], "c": Body([1.0], [2.0], 3.0)}
    for _ in range(30):
        assert copy.deepcopy(whole) == whole
    gc.collect()


def _fibonacci(n: int) -> int:
    return n if n < 2 else _fibonacci(n - 1) + _fibonacci(n - 2)


def _tree(depth: int) -> tuple[object, ...] | None:
    return None if depth < 0 else (_tree(depth - 1), depth, _tree(depth - 1))


def _count(tree: typing.Any) -> int:
    return 0 if tree is None else _count(tree[0]) + 1 + _count(tree[2])


def _queens(size: int) -> int:
    return sum(
        1
        for order in itertools.permutations(range(size))
        if size
        == len({order[i] + i for i in range(size)})
        == len({order[i] - i for i in range(size)})
    )


def containers() -> None:
    """Lists, dictionaries, sets, heaps, sorting, slices, comprehensions, generators."""
    source = random.Random(1)
    numbers = [source.randrange(10_000) for _ in range(20_000)]
    words = [f"{n:x}-{n % 97}" for n in numbers]
    for _ in range(3):
        assert sorted(numbers)[0] <= sorted(numbers, reverse=True)[0]
        pairs = sorted({*zip(numbers, words, strict=True)})
        assert sorted(words, key=len)[-1] > "" and sorted(words)[0] <= pairs[0][1]
        assert sorted(map(float, numbers))[0] == min(numbers) and max(words) > ""
        groups: dict[int, list[str]] = {}
        for number, word in zip(numbers, words, strict=True):
            groups.setdefault(number % 50, []).append(word)
        counts = collections.Counter(word[:2] for word in words)
        assert sum(counts.values()) == len(words) == sum(map(len, groups.values()))
        lookup = {word: n for n, word in enumerate(words)}
        assert sum(lookup[word] for word in words) > 0
        assert len({*numbers} & {*range(5000)}) > 0
        assert [n for n, word in enumerate(words) if word in lookup or n % 2]
        heap = numbers[:3000]
        heapq.heapify(heap)
        assert [heapq.heappop(heap) for _ in range(3000)] == sorted(numbers[:3000])
        line = collections.deque(numbers, maxlen=100)
        while line:
            line.rotate(1)
            line.popleft()
        keys = sorted({*numbers})
        assert all(keys[bisect.bisect_left(keys, n)] == n for n in numbers[:2000])
        total = 0
        for index, (one, two) in enumerate(itertools.pairwise(numbers)):
            total += one - two + numbers[index] * (index & 1)
        for a, *rest in zip(numbers, words, numbers, strict=True):
            total += a + len(rest)
        assert total
        grid = [[0] * 60 for _ in range(60)]
        for y in range(60):
            for x in range(60):
                grid[y][x] = grid[y - 1][x] + grid[y][x - 1] + (x ^ y) & 0xFF
        assert functools.reduce(operator.add, (sum(row) for row in grid))
        assert sum(_walk(tuple(range(30)))) == 435
        with contextlib.suppress(KeyError):
            lookup["missing"]
        merged = {**lookup, "a": 1} | {"b": 2}
        del merged["a"]
        assert merged.pop("b") == 2 and merged.get("a") is None
        assert statistics.fmean(numbers) > 0


def _walk(items: tuple[int, ...]) -> Iterator[int]:
    if len(items) == 1:
        yield items[0]
    elif items:
        middle = len(items) // 2
        yield from _walk(items[:middle])
        yield from _walk(items[middle:])


_TEXT = textwrap.dedent(_walk.__doc__ or "") + (
    "It was the best of times, it was the worst of times, it was the age of wisdom; 1859-11-26 "
    "Charles <charles@example.org> wrote: https://example.org/a?b=c&d=e ÄÖÜ naïve straße 漢字 🙂\n"
)


def strings() -> None:
    """Searching, splitting, joining, formatting, encoding."""
    text = _TEXT * 200
    for _ in range(5):
        assert text.count("times") == 400 and text.find("nowhere") == -1
        assert text.rfind("Charles") > 0 and "🙂" in text and text.index("worst")
        parts = text.split()
        assert " ".join(parts).replace("best", "good").upper().lower().title()
        lines = text.splitlines()
        assert all(line.strip().startswith(("It", "")) for line in lines)
        assert "".join(reversed(text)) and text.partition(";")[0] and text.rsplit(",", 3)
        for word in parts[:1500]:
            assert f"{word!r:>20}|{len(word):05d}|{len(word) / 7:.3f}"
            # Programs have the old form, too, so it is trained.
            assert "%s %d" % (word, 3)  # noqa: UP031
            assert f"{word} {1}" and word.isalpha() in (True, False)
            assert word.encode().decode() == word and word.center(20).strip() == word
            assert word.translate({97: "b"}) and word.casefold() == word.casefold()
        grown = ""
        for n in range(3000):
            grown += chr(97 + n % 26)
        assert len(grown) == 3000
        data = text.encode()
        assert data.find(b"wisdom") > 0 and data.count(b"\n") == 200 and data.split(b" ")
        assert data.decode("utf-8") == text and text.encode("utf-16").decode("utf-16") == text
        latin = data.decode("latin-1")
        assert latin.encode("latin-1") == data and base64.b64decode(base64.b64encode(data)) == data
        assert bytes(bytearray(data)) == data and data.hex() and memoryview(data)[5:9].tobytes()
        assert urllib.parse.urlsplit("https://example.org/a?b=c#d").query == "b=c"
        assert urllib.parse.quote(text[:300]) and string.Template("$a").substitute(a=1) == "1"
        assert textwrap.fill(text[:3000], 70)


_PATTERNS = (
    r"\b\w+@\w+\.org\b",
    r"(\d{4})-(\d\d)-(\d\d)",
    r"https?://[^\s?]+(\?\S*)?",
    r"(?i)it\s+was\s+the\s+(best|worst|age)",
    r"[aeiou]{2,}|[^\W\d_]+ed",
    r"(?P<first>\w)\w*?(?P=first)",
)


def patterns() -> None:
    """Regular expressions: compiling, searching, replacing."""
    text = _TEXT * 30
    for _ in range(4):
        for pattern in _PATTERNS:
            found = re.compile(pattern)
            assert len(found.findall(text)) == sum(1 for _ in found.finditer(text))
            assert found.sub("-", text) != "" and found.split(text[:500])
            re.purge()
        assert re.match(r"(a|b)*c", "ab" * 200 + "c") and re.fullmatch(r".*", text, re.DOTALL)
        scan = re.compile(r"(?P<name>[a-z]+)|(?P<number>\d+)|(?P<other>.)", re.DOTALL)
        assert collections.Counter(m.lastgroup for m in scan.finditer(text))["number"] > 0


def _record(n: int) -> dict[str, object]:
    return {
        "id": n,
        "name": f"user {n} ä",
        "score": n * 1.25,
        "tags": ["a", "b", str(n)],
        "nested": {"flag": n % 2 == 0, "none": None, "list": list(range(n % 10))},
    }


def serial() -> None:
    """JSON, pickle, struct, CSV, XML, hashes and compression."""
    records = [_record(n) for n in range(400)]
    for _ in range(6):
        text = json.dumps(records)
        assert json.loads(text) == records
        assert json.loads(json.dumps(records, indent=1, sort_keys=True, ensure_ascii=False))
        for record in records[:150]:
            assert json.loads(json.dumps(record)) == record
        for protocol in (2, pickle.HIGHEST_PROTOCOL):
            assert pickle.loads(pickle.dumps(records, protocol)) == records
        shapes = [Point(n, n + 1) for n in range(300)]
        assert pickle.loads(pickle.dumps(shapes)) == shapes
        packed = b"".join(struct.pack("<IHdq", n, n % 7, n / 3, -n) for n in range(800))
        assert sum(1 for _ in struct.iter_unpack("<IHdq", packed)) == 800
        out = io.StringIO()
        csv.writer(out).writerows([[r["id"], r["name"], r["score"]] for r in records])
        assert len(list(csv.reader(io.StringIO(out.getvalue())))) == 400
        root = ET.Element("root")
        for record in records[:150]:
            ET.SubElement(root, "item", id=str(record["id"])).text = str(record["name"])
        assert len(ET.fromstring(ET.tostring(root)).findall("item")) == 150
        data = text.encode()
        assert zlib.decompress(zlib.compress(data, 6)) == data and zlib.crc32(data)
        assert hashlib.sha256(data).hexdigest() and hashlib.md5(data).digest()
    # The forms in Python, which are used where an object is not the usual one.
    python_pickler = pickle._Pickler(io.BytesIO())
    python_pickler.dump(records[:60])
    assert json.JSONEncoder(default=str).encode({"a": datetime.date(2020, 1, 1), "b": {1, 2}.pop()})


_LATIN = "größe façade naïve straße, olé\n" * 500
_PLAIN = "lorem ipsum dolor sit amet\n" * 700
_WIDE = "漢字とかな交じりの文。🙂\n" * 400


def bulk() -> None:
    """Long loops of C, which count little beside those of the interpreter, and last as long."""
    for text in (_LATIN, _PLAIN, _WIDE):
        for _ in range(25):
            data = text.encode()
            assert data.decode() == text and data.decode("utf-8", "replace") == text
            assert text.replace("t", "--") != text.replace("\n", "") and text.count("o") >= 0
            assert "\n".join(text.split("\n")) == text and len(text.splitlines()) > 300
            assert text.find("nowhere") < 0 <= text.rfind("\n") and "amet x" not in text
            assert data.find(b"nowhere") < 0 <= data.rfind(b"\n") and data.count(b"o") >= 0
            assert text.translate({10: 32}).strip() and data.replace(b"\n", b"") and text[::-1]
            assert data.upper().lower() and text.casefold() and sum(data) and text < text + "x"
    # Loops that take many bytes at once count so little that they would be compiled as cold ones.
    for text, times in ((_LATIN, 300), (_PLAIN, 3000)):
        data = text.encode()
        for _ in range(times):
            assert len(data.decode()) == len(text) and len(text.encode()) == len(data)
    # A table says which bytes go and what becomes of the others.
    data = bytes(range(256)) * 60
    digits, swapped = base64.b16encode(data), bytes(range(256))[::-1]
    for _ in range(60):
        assert base64.b16decode(digits) == data == bytes.fromhex(data.hex())
        assert data.translate(swapped).translate(swapped) == data
        assert len(digits.translate(None, b"02468ACE")) < len(digits) == len(digits.lower())
    numbers = [n / 7 for n in range(2000)]
    for _ in range(8):
        texts = [repr(number) for number in numbers]
        assert [float(text) for text in texts] == numbers
        assert json.loads(json.dumps(numbers)) == numbers
        assert ["%.3f" % n for n in numbers]  # noqa: UP031 (the old form, as above)
        rows = [{"name": str(n), "größe": n, "text": 'a\\b"c' * 3} for n in range(150)]
        assert (
            json.loads(json.dumps(rows)) == rows == json.loads(json.dumps(rows, ensure_ascii=False))
        )
        assert sorted(texts) != sorted(texts, reverse=True) and sorted(numbers, key=abs) == numbers


def long_scans() -> None:
    """Expressions, XML and large numbers over a lot of input."""
    letters = random.Random(3).choices("acgt", k=12_000)
    genome = "".join(letters)
    for pattern in ("agggtaaa|tttaccct", "[cgt]gggtaaa|tttaccc[acg]", "a[act]ggtaaa|tttacc[agt]t"):
        found = re.compile(pattern, re.IGNORECASE)
        assert len(found.findall(genome)) == len(list(found.finditer(genome.upper())))
        assert len(re.compile(pattern.encode()).sub(b"-", genome.encode())) > 10_000
    assert re.sub("[^ac]+", "", genome) and re.split("t+", genome) and re.findall(r"\w+\s", _PLAIN)
    items = "".join(f"<item id='{n}'><name>größe {n}</name><x/></item>" for n in range(400))
    root = ET.fromstring(f"<root>{items}</root>")
    assert sum(1 for _ in root.iter("name")) == 400 and len(root.findall("item/name")) == 400
    assert sum(1 for _ in ET.iterparse(io.BytesIO(ET.tostring(root)))) == 1201
    large = 3**4000
    assert (large * 7**3000) // large % 10 == 7**3000 % 10 and int(str(large)) == large
    assert large << 13 >> 13 == large and math.isqrt(large) ** 2 <= large and hash(large)


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


# So that all of it weighs about as much as CPython's task.
ROUNDS = 12
PARTS: tuple[Callable[[], None], ...] = (
    floats,
    integers,
    objects,
    containers,
    strings,
    patterns,
    serial,
    bulk,
    long_scans,
    files,
    concurrency,
    database,
    numbers,
    languages,
)


def main() -> None:
    """Run every part; say how long each took."""
    start_up()
    for part in PARTS:
        start = time.process_time()
        for _ in range(ROUNDS):
            part()
        print(f"{part.__name__:12} {time.process_time() - start:6.2f} s", flush=True)


if __name__ == "__main__":
    main()
