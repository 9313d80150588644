"""What frozen_code.c does, in Python, to see what pack_code.py writes."""

from __future__ import annotations

import opcode
import struct
from collections.abc import Sequence
from types import CodeType
from typing import Any

from factory.stdlib import pack_code

HEAD = struct.Struct("<6I")
RECORD = struct.Struct("<9H3H3H3IiI")


class Reader:
    def __init__(self, data: bytes, statics: Sequence[str] = ()) -> None:
        self.statics = statics
        self.number, self.room, *self.counts = HEAD.unpack_from(data)
        self.data, self.at = data, HEAD.size
        self.objects: list[Any] = [None, True, False, ..., ()]
        self.kinds: list[str] = []
        while len(self.objects) < self.number:
            kind = pack_code.KINDS[self.take("B")[0]]
            self.kinds.append(kind)
            self.objects.append(getattr(self, kind.lower())())

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def raw(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def several(self) -> list[Any]:
        (size,) = self.take("H")
        return [self.objects[number] for number in self.take(f"{size}H")]

    def static(self) -> str:
        return self.statics[int(self.take("H")[0])]

    def name(self) -> str:
        return self.raw(*self.take("H")).decode("ascii")

    def ascii(self) -> str:
        return self.raw(self.take("?I")[1]).decode("ascii")

    def text(self) -> str:
        return self.raw(self.take("?I")[1]).decode("utf-8", "surrogatepass")

    def character(self) -> str:
        return chr(*self.take("B"))

    def bytes(self) -> bytes:
        return self.raw(*self.take("I"))

    def int(self) -> int:
        number: int = self.take("q")[0]
        return number

    def long(self) -> Any:
        return int.from_bytes(self.raw(*self.take("I")), "little", signed=True)

    def float(self) -> float:
        number: float = self.take("d")[0]
        return number

    def complex(self) -> complex:
        return complex(*self.take("2d"))

    def tuple(self) -> tuple[Any, ...]:
        return tuple(self.several())

    def frozenset(self) -> frozenset[Any]:
        return frozenset(self.several())

    def slice(self) -> slice:
        return slice(*(self.objects[number] for number in self.take("3H")))

    def code(self) -> CodeType:
        record = RECORD.unpack_from(self.data, self.at)
        self.at += RECORD.size
        consts, names, exceptions, variables, kinds, filename, name, qualname, lines = (
            self.objects[number] for number in record[:9]
        )
        arguments, positional, keyword, local, cells, free, units, flags, stack = record[9:18]
        line, resume = record[18:]
        inside = self.raw(2 * units)
        assert resume == units or inside[2 * resume] == opcode.opmap["RESUME"]

        def of(kind: Any) -> Any:
            return tuple(name for name, each in zip(variables, kinds, strict=True) if each & kind)

        local_names, cell_names = of(pack_code.LOCAL), of(pack_code.CELL)
        free_names = of(pack_code.FREE)
        assert (local, cells, free) == tuple(map(len, (local_names, cell_names, free_names)))
        return CodeType(
            *(arguments, positional, keyword, local, stack, flags, inside, consts, names),
            *(local_names, filename, name, qualname, line, lines, exceptions),
            *(free_names, cell_names),
        )


def unpack(data: bytes, statics: Sequence[str] = ()) -> CodeType:
    code = Reader(data, statics).objects[-1]
    assert isinstance(code, CodeType)
    return code
