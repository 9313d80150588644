"""Large integers, which patches/cpython/0027 computes two digits at once."""

from __future__ import annotations

import subprocess

import pytest

from tests.integration.conftest import Distribution

pytestmark = pytest.mark.build

# The reference has limbs of 14 bits, as text has them: what it computes has one digit of CPython's.
PROGRAM = """\
import itertools, random

def limbs(number):
    bits = f'{number:b}'
    return [int(bits[max(0, end - 14):end], 2) for end in range(len(bits), 0, -14)]

def carried(columns):
    carry, result = 0, []
    for column in columns:
        carry += column
        result.append(carry & 0x3FFF)
        carry >>= 14
    result.append(carry)
    while len(result) > 1 and result[-1] == 0:
        result.pop()
    return result

def added(a, b):
    return carried(x + y for x, y in itertools.zip_longest(a, b, fillvalue=0))

def multiplied(a, b):
    result = [0] * (len(a) + len(b))
    for i, x in enumerate(a):
        carry = 0
        for j, y in enumerate(b, i):
            carry += result[j] + x * y
            result[j] = carry & 0x3FFF
            carry >>= 14
        result[i + len(b)] = carry
    return carried(result)

def less(a, b):
    return (len(a), a[::-1]) < (len(b), b[::-1])

chosen = random.Random(27)
DIGITS = ['0' * 30, '1' * 30, '0' * 29 + '1', '1' + '0' * 29]

def made(size, kind):
    digits = [
        DIGITS[kind] if kind < 4 else
        chosen.choice(DIGITS) if kind == 4 else f'{chosen.getrandbits(30):030b}'
        for _ in range(size)
    ]
    return int(digits[0][:-1] + '1' + ''.join(digits[1:]), 2)

def check(a, b):
    x, y = limbs(a), limbs(b)
    product = multiplied(x, y)
    assert limbs(a * b) == limbs(-b * -a) == product, (a, b)
    assert limbs(a + b) == added(x, y), (a, b)
    assert added(limbs(abs(a - b)), y if a > b else x) == (x if a > b else y), (a, b)
    for dividend in a, a * b - 1, a * b + b - 1:
        quotient, rest = map(limbs, divmod(dividend, b))
        assert less(rest, y), (dividend, b)
        assert added(multiplied(quotient, y), rest) == limbs(dividend), (dividend, b)
    for bits in 0, 1, 29, 30, 41:
        assert f'{a << bits:b}' == f'{a:b}' + '0' * bits
        assert f'{a >> bits:b}' == (f'{a:b}'[:-bits or None] or '0')

for sizes in itertools.product(range(1, 13), repeat=2):
    for kinds in (5, 5), (1, 1), (4, 4), (chosen.randrange(6), chosen.randrange(6)):
        check(*map(made, sizes, kinds))
for sizes in (20, 20), (35, 21), (70, 70), (71, 71), (140, 70), (141, 70), (143, 11), (200, 99):
    for kinds in (1, 1), (4, 5):
        check(*map(made, sizes, kinds))
for size in 1, 2, 9, 10, 11, 12, 69, 70, 71, 139, 140, 141:
    for kind in 1, 4, 5:
        a = made(size, kind)
        assert limbs(a * a) == multiplied(limbs(a), limbs(a)), a
print('the same')
"""


def test_large_integers_are_those_of_a_reference(distribution: Distribution) -> None:
    done = subprocess.run(
        [distribution.single, "-c", PROGRAM],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "the same\n", done.stderr
