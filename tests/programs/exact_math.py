"""Hold math.fma() and pow() to arithmetic with fractions, and print a hash of what fma() gave."""

from __future__ import annotations

import decimal
import hashlib
import math
import random
import struct
from collections.abc import Iterator
from fractions import Fraction

PI, EDGE, TINY, HUGE = math.pi, 2.0**-1022, 2.0**-1074, 1.7976931348623157e308
# Rounded twice, or in double precision all the way, these would be wrong.
HARD = (
    (1 + 2**-30, 1 + 2**-30, -1.0),
    (0.1, 0.1, -0.01),
    (1 + 2**-52, 1 + 2**-52, 2.0**-106),
    (EDGE, 0.5, TINY),
    (EDGE, 1 - 2**-53, -TINY),
    (TINY, 0.5, TINY),
    (TINY, TINY, 1.0),
    (HUGE, 2.0, -HUGE),
    (PI, PI, -PI * PI),
    (0.0, -1.0, 0.0),
    (0.0, -1.0, -0.0),
)
POWERS = (
    (-2.0, 3.0, -8.0),
    (2.0, -1075.0, 0.0),
    (2.0, -1074.0, TINY),
    (-1.0, math.inf, 1.0),
    (math.nan, 0.0, 1.0),
    (math.inf, -1.0, 0.0),
)


def arguments() -> Iterator[tuple[float, float, float]]:
    """Yield numbers of all sizes, and sums of which most cancels out."""
    yield from HARD
    source = random.Random(5)
    for _ in range(1500):
        x, y, z = (
            source.choice((1, -1)) * source.uniform(1, 2) * 2.0 ** source.randint(-300, 300)
            for _ in range(3)
        )
        yield x, y, z
        yield x, y, -x * y
        yield x * EDGE, y * 2.0**-10 if abs(y) < 1 else 1 / y, z * EDGE


def check_fma() -> str:
    """Compare with the nearest float of the exact sum; where that is 0, its sign is IEEE 754's."""
    digest = hashlib.sha256()
    for x, y, z in arguments():
        found = math.fma(x, y, z)
        exact = Fraction(x) * Fraction(y) + Fraction(z)
        wanted = float(exact)
        assert found == wanted, (x, y, z, found, wanted)
        if not exact:
            signs = {math.copysign(1, x) * math.copysign(1, y), math.copysign(1, z)}
            zero = x * y == 0 == z
            assert math.copysign(1, found) == (-1 if zero and signs == {-1} else 1), (x, y, z)
        digest.update(struct.pack("<d", found))
    assert math.isnan(math.fma(math.nan, 1.0, 1.0))
    assert math.fma(math.inf, 1.0, 1.0) == math.inf
    return digest.hexdigest()


def check_pow() -> None:
    """Compare with 40 digits: musl's pow() is within 0.52 of the last place, or 0.54."""
    decimal.getcontext().prec = 40
    source = random.Random(6)
    for _ in range(3000):
        x = source.uniform(0.5, 2) * 2.0 ** source.randint(-60, 60)
        y = source.uniform(-8, 8)
        found = math.pow(x, y)
        wanted = decimal.Decimal(x) ** decimal.Decimal(y)
        error = abs(decimal.Decimal(found) - wanted) / decimal.Decimal(math.ulp(found))
        assert error < decimal.Decimal("0.55"), (x, y, found, error)
    for x, y, power in POWERS:
        assert math.pow(x, y) == power, (x, y)


check_pow()
print(check_fma())
