"""Executables as BOLT leaves them: by BOLT itself where it is installed, and by hand."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.bolt import finish
from factory.bolt.finish import PT_GNU_STACK, PT_LOAD, SEGMENT
from factory.recipes.bolt import LEFT_ALONE

PAGE = 4096
LLVM_BOLT = next(iter(sorted(Path("/usr/lib").glob("llvm-*/bin/llvm-bolt"), reverse=True)), None)
Rewrite = Callable[[Path, Path], None]


def as_bolt_does(linked: Path, rewritten: Path) -> None:
    """Put code at the end of the file, in a segment that has the stack's program header."""
    content = bytearray(linked.read_bytes())
    found = finish.layout(content)
    stack = found.index(PT_GNU_STACK)
    assert stack is not None
    code = b"\xcc" * 1001
    offset = -(-len(content) // PAGE) * PAGE
    end = max(s.address + s.memory_size for s in found.segments if s.type == PT_LOAD)
    address = -(-end // PAGE) * PAGE
    segment = (PT_LOAD, 5, offset, address, address, len(code), len(code), PAGE)
    SEGMENT.pack_into(content, found.table + stack * SEGMENT.size, *segment)
    sections = found.sections
    tables = bytes(content[sections : sections + found.number_of_sections * finish.SECTION.size])
    content = content.ljust(offset, b"\0") + code
    # It writes the tables of sections anew, behind all else.
    struct.pack_into("<Q", content, finish.TABLE_OF_SECTIONS, len(content))
    rewritten.write_bytes(content + tables)
    rewritten.chmod(0o755)


def bolt(linked: Path, rewritten: Path) -> None:
    assert LLVM_BOLT
    # As recipes/bolt.py has it, but that all code is rewritten: there is no profile.
    options = ("-use-gnu-stack", "-no-huge-pages", "-lite=0", "-remove-symtab", "-bolt-info=0")
    skip = f"-skip-funcs={','.join(LEFT_ALONE)}"
    command = (LLVM_BOLT, linked, "-o", rewritten, *options, skip)
    subprocess.run(command, check=True, capture_output=True)


no_bolt = pytest.mark.skipif(LLVM_BOLT is None, reason="no llvm-bolt in /usr/lib/llvm-*")
BOTH = pytest.mark.parametrize("rewrite", [as_bolt_does, pytest.param(bolt, marks=no_bolt)])
