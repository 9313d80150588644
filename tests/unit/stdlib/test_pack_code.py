from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from factory.stdlib import pack_code
from tests.unit.stdlib.unpacking import Reader, unpack

EVERYTHING = '''
"""Documentation, longer than a name: £ and \\ud800."""
from __future__ import annotations
BIG, SMALL, LARGE = 2**100, -(2**31), -(2**70)
FLOATS = 0.0, -0.0, 1e300, 1j, -0j
ELLIPSIS, EMPTY, BYTES, BYTE = ..., (), b"some bytes", b"x"
LETTER, UMLAUT, WIDE, ASTRAL, NOTHING = "a", "\\xe4", "\\u20ac uro", "\\U0001f40d", ""
NESTED = (1, (2, (3, "three")), (2, (3, "three")), True, 1.0, None)


def closes(first, /, second=1, *rest, third: int = 3, **others):
    def inner(fourth):
        nonlocal first
        first = fourth in {1, 2, 3}
        return [first for second in rest if (lambda: second + third)()]
    try:
        return inner
    except* ValueError:
        pass


async def waits(what):
    async with what as other:
        yield [item async for item in other[1:2]]


class Class(dict):
    name = __name__
'''


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from codes(const)


def fresh(text: str, name: str = "<frozen name>") -> CodeType:
    return compile(text, name, "exec", dont_inherit=True, optimize=0)


@pytest.mark.parametrize("text", [EVERYTHING, "", "pass", "x = 1"])
def test_all_kinds_come_back(text: str) -> None:
    code = fresh(text)
    assert unpack(pack_code.pack(code, {})) == code


@pytest.mark.parametrize("text", [EVERYTHING, "x = 1, True, 1.0"])
def test_nothing_is_lost_that_a_comparison_leaves_out(text: str) -> None:
    code = fresh(text)
    for left, right in zip(codes(unpack(pack_code.pack(code, {}))), codes(code), strict=True):
        assert left.co_filename == right.co_filename
        assert left.co_stacksize == right.co_stacksize
        assert left.co_qualname == right.co_qualname
        assert list(left.co_lines()) == list(right.co_lines())
        assert list(left.co_positions()) == list(right.co_positions())
        assert [repr(const) for const in left.co_consts if not isinstance(const, CodeType)] == [
            repr(const) for const in right.co_consts if not isinstance(const, CodeType)
        ]


@pytest.mark.parametrize("module", ["argparse", "asyncio.tasks", "_pydecimal", "statistics"])
def test_modules_come_back(module: str) -> None:
    file = Path(sys.modules["os"].__file__ or "").parent / (module.replace(".", "/") + ".py")
    code = fresh(file.read_text(encoding="utf-8"))
    assert unpack(pack_code.pack(code, {})) == code


def test_equal_constants_are_there_once() -> None:
    kinds = Reader(pack_code.pack(fresh("x = (1000000, 'some text', (5000, 6))\n" * 3), {})).kinds
    assert kinds.count("CODE") == 1
    assert kinds.count("TUPLE") <= 4  # both of the constants; names; the code's own constants
    several = Reader(pack_code.pack(fresh("x = 1.5\ny = 1.5\nz = (1.5, 2.5)"), {})).kinds
    assert several.count("FLOAT") == 2


def test_numbers_that_are_equal_are_not_the_same() -> None:
    code = unpack(pack_code.pack(fresh("x = (1, 1.0, True, 0.0, -0.0, 1j)"), {}))
    assert repr(next(each for each in code.co_consts if isinstance(each, tuple))) == (
        "(1, 1.0, True, 0.0, -0.0, 1j)"
    )


def test_the_room_is_enough() -> None:
    """Each object in its place of a multiple of eight bytes (place(), frozen_code.c)."""
    reader = Reader(pack_code.pack(fresh(EVERYTHING), {}))
    parts = [(kind, each) for kind, each in zip(reader.kinds, reader.objects[5:], strict=True)]
    text = [each for kind, each in parts if kind in ("NAME", "ASCII")]
    data = [each for kind, each in parts if kind == "BYTES"]
    tuples = [each for kind, each in parts if kind == "TUPLE"]
    code = [each for kind, each in parts if kind == "CODE"]
    assert reader.counts == [len(text), len(data), len(tuples), len(code)]
    sizes = [len(each) + 1 for each in (*text, *data)]
    sizes += [8 * len(each) for each in tuples] + [len(each.co_code) for each in code]
    assert reader.room == sum(size + -size % 8 for size in sizes)


def test_the_same_source_gives_the_same_bytes() -> None:
    text = "def f(x):\n  return x + x\nfor i in range(100):\n  f(i)\n"
    assert pack_code.pack(fresh(text), {}) == pack_code.pack(fresh(text), {})


def test_kinds_and_known_objects_in_c() -> None:
    kinds, known = pack_code.tags(()).split("enum {")[1:]
    assert [line.strip(" \t,") for line in kinds.splitlines()[1:-1]] == [
        f"FROZEN_{kind}" for kind in pack_code.KINDS
    ]
    assert known.splitlines()[1:] == [
        *(f"\tFROZEN_IS_{name}," for name in pack_code.KNOWN),
        *("\tFROZEN_KNOWN", "};", "#define FROZEN_STATICS"),
    ]


def test_static_strings_are_numbers() -> None:
    """A name or a constant that the interpreter has is not there again."""
    code = fresh("append = word.append('append', 'two words')")
    packed = pack_code.pack(code, {"append": 0, "word": 1, "two words": 2})
    reader = Reader(packed, ("append", "word", "two words"))
    assert reader.objects[-1] == code
    assert reader.kinds.count("STATIC") == 2  # a constant with a space is not interned
    assert b"append" not in packed
    header = pack_code.tags(("&_Py_ID(append)", "&_Py_STR(word)"))
    assert header.endswith("#define FROZEN_STATICS \\\n\t&_Py_ID(append), \\\n\t&_Py_STR(word),\n")


def test_too_many_objects_are_refused() -> None:
    text = "x = [" + ",".join(f"{number}.5" for number in range(66000)) + "]"
    with pytest.raises(ValueError, match="65536"):
        pack_code.pack(fresh(text), {})
