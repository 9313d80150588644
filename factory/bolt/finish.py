"""Put right what BOLT has taken from an executable: finish.py LINKED REWRITTEN.

Runs inside the interpreter that is being built (no package of ours is importable there).
REWRITTEN is what llvm-bolt made of LINKED; it is changed in place.

- The thread stacks. `-use-gnu-stack` makes the program header PT_GNU_STACK one of the new code, so
  that the table stays where it is, at the head of the file. Its size is what musl gives to threads:
  without it they have 128 KiB, and deep recursion in a thread is a crash. The header of the note
  in runtime/spare.c becomes the stack's.
- The end. runtime/start.c looks for a mark at the end of the last segment that comes from the file,
  which is another one now: BOLT's.

https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
"""

import struct
import sys
from dataclasses import dataclass, replace
from pathlib import Path

PT_LOAD, PT_NOTE, PT_GNU_STACK = 1, 4, 0x6474E551
HEADER = struct.Struct("<4sBB10xHHIQQQIHHHHHH")  # Elf64_Ehdr
SEGMENT = struct.Struct("<IIQQQQQQ")  # Elf64_Phdr
SECTION = struct.Struct("<IIQQQQIIQQ")  # Elf64_Shdr
TABLE_OF_SECTIONS = 0x28  # where e_shoff stands
SECTION_OFFSET = 0x18  # where sh_offset stands
MARK_SIZE = 8
ALIGNED = 64  # what sections and their table want at most


class DamagedError(Exception):
    """The files are not what BOLT gets and makes."""


@dataclass(frozen=True)
class Segment:
    """An entry of the program header table, in the order of its fields in the file."""

    type: int
    flags: int
    offset: int
    address: int
    physical: int
    file_size: int
    memory_size: int
    align: int

    @property
    def end(self) -> int:
        """Where it ends in the file."""
        return self.offset + self.file_size


@dataclass(frozen=True)
class Layout:
    """Where the two tables of an ELF file are, and what the first one says."""

    table: int
    segments: tuple[Segment, ...]
    sections: int
    number_of_sections: int

    def index(self, type: int) -> int | None:
        """Return the place of the first segment of a type, None where there is none."""
        return next((i for i, one in enumerate(self.segments) if one.type == type), None)

    @property
    def last(self) -> int:
        """Return the place of the last segment from the file: at its end start.c looks."""
        in_file = [i for i, s in enumerate(self.segments) if s.type == PT_LOAD and s.file_size]
        if not in_file:
            raise DamagedError("nothing in it is loaded")
        return in_file[-1]


def layout(content: bytes | bytearray) -> Layout:
    """Read both tables; DamagedError where these are no bytes of a 64-bit ELF file."""
    if len(content) < HEADER.size:
        raise DamagedError("no ELF header")
    magic, bits, order, *_, table, sections, _, _, _, number, _, how_many, _ = HEADER.unpack_from(
        content
    )
    if (magic, bits, order) != (b"\x7fELF", 2, 1):
        raise DamagedError("no 64-bit little-endian ELF file")
    if table + number * SEGMENT.size > len(content):
        raise DamagedError("the program headers are cut off")
    rows = (SEGMENT.unpack_from(content, table + i * SEGMENT.size) for i in range(number))
    return Layout(table, tuple(Segment(*row) for row in rows), sections, how_many)


def finish(linked: bytes, rewritten: bytes) -> bytes:
    """Return the rewritten file with the stack and the mark of the linked one."""
    before, content = layout(linked), bytearray(rewritten)
    stack = before.index(PT_GNU_STACK)
    if stack is None:
        raise DamagedError("what was linked has no PT_GNU_STACK")
    _put_stack(content, before.segments[stack])
    end = before.segments[before.last].end
    _put_mark(content, linked[end - MARK_SIZE : end])
    return bytes(content)


def _put_stack(content: bytearray, stack: Segment) -> None:
    """Restore the stack's header, in its own place or in that of the note."""
    found = layout(content)
    place = found.index(PT_GNU_STACK)
    if place is None:
        place = found.index(PT_NOTE)
    if place is None:
        raise DamagedError("no program header is left for the stack")
    _put_segment(content, found, place, stack)


def _put_mark(content: bytearray, mark: bytes) -> None:
    """Let the last segment end with the mark; what follows in the file moves on."""
    found = layout(content)
    last = found.segments[found.last]
    if last.memory_size != last.file_size:
        raise DamagedError("the last segment ends with zeros that are not in the file")
    padding = -last.end % MARK_SIZE
    size = last.file_size + padding + MARK_SIZE
    moved = -(-(padding + MARK_SIZE) // ALIGNED) * ALIGNED
    content[last.end : last.end] = (bytes(padding) + mark).ljust(moved, b"\0")
    _put_segment(content, found, found.last, replace(last, file_size=size, memory_size=size))
    if found.sections >= last.end:
        struct.pack_into("<Q", content, TABLE_OF_SECTIONS, found.sections + moved)
        _move_sections(content, layout(content), last.end, moved)


def _move_sections(content: bytearray, found: Layout, start: int, moved: int) -> None:
    for number in range(found.number_of_sections):
        at = found.sections + number * SECTION.size + SECTION_OFFSET
        (offset,) = struct.unpack_from("<Q", content, at)
        if offset >= start:
            struct.pack_into("<Q", content, at, offset + moved)


def _put_segment(content: bytearray, found: Layout, index: int, segment: Segment) -> None:
    values = (segment.type, segment.flags, segment.offset, segment.address, segment.physical)
    sizes = (segment.file_size, segment.memory_size, segment.align)
    SEGMENT.pack_into(content, found.table + index * SEGMENT.size, *values, *sizes)


def main(arguments: list[str]) -> int:
    """Rewrite one file; 1 where it cannot be done."""
    linked, rewritten = map(Path, arguments)
    try:
        content = finish(linked.read_bytes(), rewritten.read_bytes())
    except DamagedError as error:
        print(f"{rewritten}: {error}", file=sys.stderr)
        return 1
    rewritten.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
