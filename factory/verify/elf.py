"""Read the facts of an ELF file that decide whether an executable is truly static.

Everything that pyelftools does stays in this module; the rest of the package sees `ElfFacts`.
The structure follows elf(5) and the System V gABI, chapters 4 and 5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from factory.errors import VerificationError

# One Elf64_Sym, little endian: st_name, st_info, st_other, st_shndx, st_value, st_size.
_SYMBOL = struct.Struct("<IBBHQQ")
_STB_LOCAL, _STB_WEAK = 0, 2
_STV_DEFAULT, _STV_PROTECTED = 0, 3
_DF_TEXTREL, _DF_BIND_NOW = 0x4, 0x8
_DF_1_NOW, _DF_1_PIE = 0x1, 0x08000000
_PF_X, _PF_W = 0x1, 0x2


class ElfError(VerificationError):
    """The bytes are no ELF file that can be read to its end."""


@dataclass(frozen=True, kw_only=True)
class ElfFacts:
    """What one ELF file says about itself.

    `type` and `machine` are the names of elf(5) without `ET_` and `EM_`. `stack_flags` is None
    without PT_GNU_STACK; `stack_size` is its p_memsz in bytes. `undefined` holds strong undefined
    dynamic symbols only.
    """

    bits: int
    little_endian: bool
    type: str
    machine: str
    interpreter: str | None
    needed: tuple[str, ...]
    search_paths: tuple[str, ...]
    relro: bool
    bind_now: bool
    plt_relocations: bool
    text_relocations: bool
    position_independent: bool
    writable_code: bool
    stack_flags: int | None
    stack_size: int
    exports: frozenset[str]
    undefined: frozenset[str]

    @property
    def executable_stack(self) -> bool:
        """Whether the kernel would map the stack executable."""
        return self.stack_flags is None or bool(self.stack_flags & _PF_X)


def read_elf(path: Path) -> ElfFacts:
    """Read the facts of the file at `path`; ElfError when it is no sound ELF file."""
    try:
        with path.open("rb") as stream:
            return parse_elf(stream)
    except OSError as error:
        raise ElfError(f"cannot be read: {error.strerror or error}") from error


def parse_elf(stream: BinaryIO) -> ElfFacts:
    """Parse an ELF file from a seekable stream; ElfError when it is none, or cut short."""
    if stream.read(4) != b"\x7fELF":
        raise ElfError("not an ELF file")
    try:
        elf = ELFFile(stream)
        _refuse_truncated(elf, stream.seek(0, 2))
        return _facts(elf, stream)
    except ElfError:
        raise
    except Exception as error:
        # Hostile bytes make the parser fail in many ways (struct, construct, Unicode, attribute
        # and assertion errors); all of them say the same thing.
        raise ElfError(f"damaged ELF file: {error or type(error).__name__}") from error


def _refuse_truncated(elf: ELFFile, size: int) -> None:
    for segment in elf.iter_segments():
        end = segment["p_offset"] + segment["p_filesz"]
        if end > size:
            raise ElfError(f"truncated ELF file: a segment ends at {end}, the file at {size}")
    table_end = elf["e_shoff"] + elf["e_shnum"] * elf["e_shentsize"]
    if elf["e_shoff"] and table_end > size:
        raise ElfError(f"truncated ELF file: section headers end at {table_end}, it at {size}")


def _facts(elf: ELFFile, stream: BinaryIO) -> ElfFacts:
    segments = list(elf.iter_segments())
    dynamic = next((item for item in segments if isinstance(item, DynamicSegment)), None)
    tags = _dynamic_tags(dynamic)
    stack = next((item for item in segments if item["p_type"] == "PT_GNU_STACK"), None)
    interpreters = [item for item in segments if isinstance(item, InterpSegment)]
    exports, undefined = _dynamic_symbols(elf, dynamic, stream)
    flags, flags_1 = _first(tags, "DT_FLAGS"), _first(tags, "DT_FLAGS_1")
    return ElfFacts(
        bits=elf.elfclass,
        little_endian=elf.little_endian,
        type=str(elf["e_type"]).removeprefix("ET_"),
        machine=str(elf["e_machine"]).removeprefix("EM_"),
        interpreter=str(interpreters[0].get_interp_name()) if interpreters else None,
        needed=_dynamic_names(dynamic, "DT_NEEDED"),
        search_paths=_dynamic_names(dynamic, "DT_RPATH") + _dynamic_names(dynamic, "DT_RUNPATH"),
        relro=any(item["p_type"] == "PT_GNU_RELRO" for item in segments),
        bind_now="DT_BIND_NOW" in tags or bool(flags & _DF_BIND_NOW) or bool(flags_1 & _DF_1_NOW),
        plt_relocations=_first(tags, "DT_PLTRELSZ") > 0,
        text_relocations="DT_TEXTREL" in tags or bool(flags & _DF_TEXTREL),
        position_independent=bool(flags_1 & _DF_1_PIE),
        writable_code=any(
            item["p_type"] == "PT_LOAD" and item["p_flags"] & _PF_W and item["p_flags"] & _PF_X
            for item in segments
        ),
        stack_flags=None if stack is None else int(stack["p_flags"]),
        stack_size=0 if stack is None else int(stack["p_memsz"]),
        exports=exports,
        undefined=undefined,
    )


def _dynamic_tags(dynamic: DynamicSegment | None) -> dict[str, list[int]]:
    tags: dict[str, list[int]] = {}
    for tag in dynamic.iter_tags() if dynamic is not None else ():
        tags.setdefault(str(tag.entry.d_tag), []).append(int(tag.entry.d_val))
    return tags


def _first(tags: dict[str, list[int]], name: str) -> int:
    return tags.get(name, [0])[0]


def _dynamic_names(dynamic: DynamicSegment | None, tag_name: str) -> tuple[str, ...]:
    if dynamic is None:
        return ()
    attribute = tag_name.removeprefix("DT_").lower()
    return tuple(str(getattr(tag, attribute)) for tag in dynamic.iter_tags(tag_name))


def _dynamic_symbols(
    elf: ELFFile, dynamic: DynamicSegment | None, stream: BinaryIO
) -> tuple[frozenset[str], frozenset[str]]:
    """Give the names that the file exports and the strong ones that it leaves undefined.

    The table is found as a dynamic linker finds it, through PT_DYNAMIC: section headers may be
    stripped. pyelftools walks all tags anew for each symbol; reading the table in one go is a
    hundred times faster.
    """
    if dynamic is None or elf.elfclass != 64 or not elf.little_endian:
        return frozenset(), frozenset()
    _, table = dynamic.get_table_offset("DT_SYMTAB")
    _, names = dynamic.get_table_offset("DT_STRTAB")
    if table is None or names is None:
        return frozenset(), frozenset()
    size = dynamic.num_symbols() * _SYMBOL.size
    names_size = next(int(tag["d_val"]) for tag in dynamic.iter_tags("DT_STRSZ"))
    stream.seek(table)
    symbols = stream.read(size)
    stream.seek(names)
    strings = stream.read(names_size)
    exports: set[str] = set()
    undefined: set[str] = set()
    for name, binding, visibility, section in _symbols(symbols, strings):
        if section == 0 and binding not in (_STB_LOCAL, _STB_WEAK):
            undefined.add(name)
        public = binding != _STB_LOCAL and visibility in (_STV_DEFAULT, _STV_PROTECTED)
        if section != 0 and public:
            exports.add(name)
    return frozenset(exports), frozenset(undefined)


def _symbols(table: bytes, strings: bytes) -> Iterator[tuple[str, int, int, int]]:
    for name, info, other, section, _value, _size in _SYMBOL.iter_unpack(table):
        text = strings[name : strings.index(b"\0", name)].decode("ascii", "replace")
        if text:
            yield text, info >> 4, other & 3, section
