"""Write code objects in a form that is read faster than marshal's.

Runs beside freeze.py. A module's code is a list of objects, each after all that it refers to, by
numbers: nothing is nested, equal constants are there once, sizes are known before the first object
is made, and what `_PyCode_New()` derives is derived here. runtime/frozen_code.c reads it; it has
the kinds from `tags()`.
"""

import marshal
import opcode
import struct
from collections.abc import Callable, Hashable, Iterable, Mapping
from types import CodeType

# Objects that every interpreter has; they have the first numbers.
KNOWN = ("NONE", "TRUE", "FALSE", "ELLIPSIS", "EMPTY_TUPLE")
KINDS = (
    *("STATIC", "NAME", "ASCII", "TEXT", "CHARACTER", "BYTES", "INT", "LONG", "FLOAT", "COMPLEX"),
    *("TUPLE", "FROZENSET", "SLICE", "CODE"),
)
TAG = {kind: bytes([number]) for number, kind in enumerate(KINDS)}

# CO_FAST_... of Include/internal/pycore_code.h: the kinds of a code object's variables.
LOCAL, CELL, FREE = 0x20, 0x40, 0x80
_INTERNED = frozenset("tAZ")
_KNOWN = {"N": "NONE", "T": "TRUE", "F": "FALSE", ".": "ELLIPSIS"}


def tags(statics: Iterable[str]) -> str:
    """Say in C how kinds, known objects and static strings (their expressions) are numbered."""
    kinds = "".join(f"\tFROZEN_{kind},\n" for kind in KINDS)
    known = "".join(f"\tFROZEN_IS_{name},\n" for name in KNOWN)
    strings = "".join(f" \\\n\t{one}," for one in statics)
    enums = f"enum {{\n{kinds}}};\nenum {{\n{known}\tFROZEN_KNOWN\n}};\n"
    return f"{enums}#define FROZEN_STATICS{strings}\n"


def pack(code: CodeType, statics: Mapping[str, int]) -> bytes:
    """Return the code of a module; `code` must not have run. Static strings have numbers."""
    packer = _Packer(marshal.dumps(code), statics)
    packer.read(code)
    return packer.head() + bytes(packer.out)


class _Packer:
    """Reads marshal's form (Python/marshal.c, r_object()) and writes ours."""

    def __init__(self, data: bytes, statics: Mapping[str, int]) -> None:
        self.data, self.at, self.statics = data, 0, statics
        self.refs: list[int] = []
        self.out = bytearray()
        self.number = len(KNOWN)
        self.numbers: dict[Hashable, int] = {}
        self.raw: dict[int, bytes] = {}
        # How many there are of each kind that has room of its own, and the bytes they need beside.
        self.count = dict.fromkeys(("ASCII", "BYTES", "TUPLE", "CODE"), 0)
        self.room = 0

    def head(self) -> bytes:
        """What frozen_code.c reads first: struct frozen_head."""
        return struct.pack("<6I", self.number, self.room, *self.count.values())

    def read(self, value: object) -> int:
        """Read one object, which `value` is if it has code in it, and return its number."""
        byte = self._take(1)[0]
        kind, keep = chr(byte & 0x7F), byte & 0x80
        if kind == "r":
            return self.refs[self._u32()]
        slot = len(self.refs)
        if keep:
            self.refs.append(-1)
        number = self._object(kind, value)
        if keep:
            self.refs[slot] = number
        return number

    def _object(self, kind: str, value: object) -> int:
        if kind in _KNOWN:
            return KNOWN.index(_KNOWN[kind])
        if kind in "zZaAut":
            return self._text(kind)
        if kind in "()<>":
            return self._several(kind, value)
        return _READERS[kind](self, value)

    def _text(self, kind: str) -> int:
        raw = self._take(self._take(1)[0] if kind in "zZ" else self._u32())
        text, interned = raw.decode("utf-8", "surrogatepass"), kind in _INTERNED
        return self._once(("text", text, interned), lambda: self._string(text, raw, interned))

    def _string(self, text: str, raw: bytes, interned: bool) -> bytes:
        if len(text) == 1 and ord(text) < 0x100:
            return TAG["CHARACTER"] + bytes([ord(text)])
        if interned and text in self.statics:
            return TAG["STATIC"] + struct.pack("<H", self.statics[text])
        if not text.isascii():
            return TAG["TEXT"] + struct.pack("<?I", interned, len(raw)) + raw
        self._has_room("ASCII", len(raw) + 1)
        if interned and len(raw) < 0x10000:
            return TAG["NAME"] + struct.pack("<H", len(raw)) + raw
        return TAG["ASCII"] + struct.pack("<?I", interned, len(raw)) + raw

    def _several(self, kind: str, value: object) -> int:
        size = self._take(1)[0] if kind == ")" else self._u32()
        if not size and kind in "()":
            return KNOWN.index("EMPTY_TUPLE")
        parts = value if isinstance(value, tuple) else (None,) * size
        numbers = [self.read(part) for part in parts]
        if kind in "<>":  # a set has an identity, in what it is unlike the rest
            return self._next(TAG["FROZENSET"] + struct.pack(f"<{1 + size}H", size, *numbers))
        return self._once(("tuple", *numbers), lambda: self._tuple(numbers))

    def _tuple(self, numbers: list[int]) -> bytes:
        self._has_room("TUPLE", 8 * len(numbers))
        return TAG["TUPLE"] + struct.pack(f"<{1 + len(numbers)}H", len(numbers), *numbers)

    def _bytes(self, _: object) -> int:
        raw = self._take(self._u32())

        def write() -> bytes:
            self._has_room("BYTES", len(raw) + 1)
            return TAG["BYTES"] + struct.pack("<I", len(raw)) + raw

        number = self._once(("bytes", raw), write)
        self.raw[number] = raw
        return number

    def _integer(self, _: object) -> int:
        return self._int(int.from_bytes(self._take(4), "little", signed=True))

    def _long(self, _: object) -> int:
        digits = int.from_bytes(self._take(4), "little", signed=True)
        each = struct.unpack(f"<{abs(digits)}H", self._take(2 * abs(digits)))
        number = sum(digit << 15 * index for index, digit in enumerate(each))
        return self._int(-number if digits < 0 else number)

    def _int(self, number: int) -> int:
        def write() -> bytes:
            if -(2**63) <= number < 2**63:
                return TAG["INT"] + struct.pack("<q", number)
            raw = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
            return TAG["LONG"] + struct.pack("<I", len(raw)) + raw

        return self._once(("int", number), write)

    def _float(self, _: object) -> int:
        raw = self._take(8)
        return self._once(("float", raw), lambda: TAG["FLOAT"] + raw)

    def _complex(self, _: object) -> int:
        raw = self._take(16)
        return self._once(("complex", raw), lambda: TAG["COMPLEX"] + raw)

    def _slice(self, _: object) -> int:
        numbers = [self.read(None) for _ in range(3)]
        return self._next(TAG["SLICE"] + struct.pack("<3H", *numbers))

    def _code(self, value: object) -> int:
        if not isinstance(value, CodeType):
            raise TypeError(f"code where {value!r} is")
        *arguments, stack, flags = struct.unpack("<5I", self._take(20))
        self._skip()
        # With its counters set, as `_PyCode_Quicken()` does; marshal has it without.
        inside = value._co_code_adaptive  # type: ignore[attr-defined]
        consts = self.read(value.co_consts)
        names, variables, kinds, filename, name, qualname = (self.read(None) for _ in range(6))
        (line,) = struct.unpack("<i", self._take(4))
        lines, exceptions = self.read(None), self.read(None)
        refs = (consts, names, exceptions, variables, kinds, filename, name, qualname, lines)
        counts = (len(inside) // 2, flags, max(stack, 1), line, _first_resume(inside))
        self._has_room("CODE", len(inside))
        head = struct.pack("<9H3H3H3IiI", *refs, *arguments, *_variables(self.raw[kinds]), *counts)
        return self._next(TAG["CODE"] + head + inside)

    def _skip(self) -> None:
        """Leave out the bytes object that comes, which nothing else refers to."""
        byte = self._take(1)[0]
        if byte & 0x7F == ord("r"):
            self._take(4)
            return
        if byte & 0x80:
            self.refs.append(-1)
        self._take(self._u32())

    def _once(self, key: Hashable, write: Callable[[], bytes]) -> int:
        if key not in self.numbers:
            self.numbers[key] = self._next(write())
        return self.numbers[key]

    def _next(self, record: bytes) -> int:
        if self.number > 0xFFFF:
            raise ValueError("more than 65536 objects in one module")
        self.out += record
        self.number += 1
        return self.number - 1

    def _has_room(self, kind: str, size: int) -> None:
        self.count[kind] += 1
        self.room += _rounded(size)

    def _u32(self) -> int:
        return int.from_bytes(self._take(4), "little")

    def _take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


_READERS = {
    "s": _Packer._bytes,
    "i": _Packer._integer,
    "l": _Packer._long,
    "g": _Packer._float,
    "y": _Packer._complex,
    ":": _Packer._slice,
    "c": _Packer._code,
}


def _variables(kinds: bytes) -> tuple[int, int, int]:
    """Count local variables, cells and free variables (get_localsplus_counts(), codeobject.c)."""
    free = sum(bool(kind & FREE and not kind & (LOCAL | CELL)) for kind in kinds)
    return sum(bool(kind & LOCAL) for kind in kinds), sum(bool(kind & CELL) for kind in kinds), free


def _first_resume(inside: bytes) -> int:
    """Return the index of the first instruction that can be traced (init_code(), codeobject.c)."""
    operations = inside[::2]
    resume = operations.find(opcode.opmap["RESUME"])
    return resume if resume >= 0 else len(operations)


def _rounded(size: int) -> int:
    return size + -size % 8
