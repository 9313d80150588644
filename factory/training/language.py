"""What the interpreter itself does: arithmetic, calls, attributes, containers."""

from __future__ import annotations

import bisect
import collections
import contextlib
import copy
import dataclasses
import enum
import functools
import gc
import heapq
import itertools
import math
import operator
import random
import statistics
import typing
from collections.abc import Callable, Iterator


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


PARTS: tuple[Callable[[], None], ...] = (
    floats,
    integers,
    objects,
    containers,
)
