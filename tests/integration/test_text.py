"""Text, which patches/cpython/0029 splits and 0030 decodes, against the CPython of the tests."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.integration.conftest import Distribution

pytestmark = pytest.mark.build

# A line for each kind, so that a difference names it.
PROGRAM = """\
import codecs, hashlib, random

chosen = random.Random(29)
KINDS = {
    'latin': 'abc \\x7f\\x80\\xe9\\xff',
    'ascii and one': 'a' * 30 + '\\xe9',
    'bmp': 'ab \\xe9\\u0434\\u0800\\uffff',
    'all': 'ab\\xe9\\u0434\\uffff\\U0001f40d',
}
HANDLERS = 'strict', 'ignore', 'replace', 'surrogateescape', 'surrogatepass', 'backslashreplace'

def told(function, *args):
    try:
        return ascii(function(*args))
    except UnicodeDecodeError as error:
        return f'{error.start} {error.end} {error.reason}'

def text(kind, size):
    return ''.join(chosen.choice(KINDS[kind]) for _ in range(size))

def damaged(data):
    data = bytearray(data)
    for _ in range(chosen.choice((0, 1, 1, 3))):
        place = chosen.randrange(len(data))
        data[place] = chosen.choice(b'a\\x80\\xbf\\xc1\\xc3\\xe0\\xed\\xf0\\xf5')
    return bytes(data[:chosen.randrange(1, len(data) + 1)])

def tell(name, answers):
    print(name, hashlib.sha256('|'.join(answers).encode()).hexdigest())

for kind in KINDS:
    whole = [text(kind, size).encode() for size in range(1, 200) for _ in range(5)]
    tell(f'{kind}, whole', (told(data.decode) for data in whole))
    broken = [damaged(data) for data in whole for _ in range(4)]
    for handler in HANDLERS:
        tell(f'{kind}, {handler}', (told(data.decode, 'utf-8', handler) for data in broken))
    tell(f'{kind}, in parts', (told(codecs.utf_8_decode, data, 'strict', False) for data in broken))

# The longest run of bytes that are no character: what is decoded is much shorter than what is read.
tell('continuations', (
    told((b'\\xc3\\xa9' * before + b'a' * between + b'\\x80' * after).decode)
    for before in range(1, 9) for between in range(20) for after in range(40)
))
for size in range(40):
    words = [text('latin', chosen.randrange(12)) for _ in range(size)]
    for separator in ' ', '  ', '\\xe9', ', ', '\\u0434':
        joined = separator.join(words)
        tell(f'split {size}', [
            ascii([joined.split(), joined.split(separator), joined.rsplit(None, size // 2),
                   joined.splitlines(), joined.encode().split(), joined.encode().rsplit(b' '),
                   bytearray(joined.encode()).split(b'a')])
        ])
"""


def test_text_is_that_of_another_python(distribution: Distribution) -> None:
    ours, theirs = (
        subprocess.run(
            # -X dev: what is written behind a string's end is found when it is freed.
            [python, "-X", "dev", "-I", "-c", PROGRAM],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout.splitlines()
        for python in (str(distribution.single), sys.executable)
    )
    assert len(ours) > 100
    assert ours == theirs
