from __future__ import annotations

import io
from pathlib import Path

import pytest

from factory.verify.elf import ElfError, parse_elf, read_elf

from .conftest import PIE, STACK, Link


def test_static_pie(static_pie: Path) -> None:
    facts = read_elf(static_pie)

    assert (facts.bits, facts.little_endian) == (64, True)
    assert (facts.type, facts.machine) == ("DYN", "X86_64")
    assert facts.interpreter is None
    assert facts.needed == ()
    assert facts.relro
    assert facts.bind_now
    assert facts.position_independent
    assert not facts.executable_stack
    assert facts.stack_size == 8 << 20
    assert not facts.text_relocations
    assert not facts.writable_code
    assert facts.exports == {"Py_BytesMain", "_Py_Secret", "__stack_chk_fail"}
    assert facts.undefined == frozenset()


def test_fixed(fixed: Path) -> None:
    facts = read_elf(fixed)

    assert facts.type == "EXEC"
    assert (facts.interpreter, facts.needed) == (None, ())
    assert not facts.position_independent
    assert facts.exports == {"Py_BytesMain", "_Py_Secret", "__stack_chk_fail"}
    assert facts.undefined == frozenset()


def test_dynamic(dynamic: Path) -> None:
    facts = read_elf(dynamic)

    assert facts.interpreter == "/lib/ld-musl-x86_64.so.1"
    assert facts.needed == ("libneeded.so.1",)
    assert facts.search_paths == ("/home/builder/lib",)
    assert not facts.relro
    assert not facts.bind_now


@pytest.mark.parametrize("style", ["gnu", "sysv"])
def test_exports_by_either_hash_table(link: Link, style: str) -> None:
    facts = read_elf(link(*PIE, f"--hash-style={style}", exports=("Py*", "inflate")))

    assert facts.exports == {"Py_BytesMain", "inflate"}


def test_exports_without_section_headers(static_pie: Path) -> None:
    data = bytearray(static_pie.read_bytes())
    data[0x28:0x30] = bytes(8)  # e_shoff
    data[0x3C:0x40] = bytes(4)  # e_shnum, e_shstrndx

    assert "Py_BytesMain" in parse_elf(io.BytesIO(data)).exports


def test_no_dynamic_section(link: Link) -> None:
    facts = read_elf(link("-static", "-z", "execstack"))

    assert facts.type == "EXEC"
    assert facts.exports == frozenset()
    assert facts.executable_stack


def test_undefined_symbols(link: Link) -> None:
    facts = read_elf(link(*PIE, *STACK, "--unresolved-symbols=ignore-all", "-u", "nowhere"))

    assert facts.undefined <= {"nowhere"}


@pytest.mark.parametrize("data", [b"", b"\x7f", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF" + bytes(60)])
def test_no_elf_file(data: bytes) -> None:
    with pytest.raises(ElfError):
        parse_elf(io.BytesIO(data))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ElfError, match="No such file"):
        read_elf(tmp_path / "nothing")


def test_every_truncation_is_noticed(static_pie: Path) -> None:
    data = static_pie.read_bytes()
    lengths = [*range(0, 700, 3), *range(700, len(data), 61), len(data) - 1]

    for length in lengths:
        with pytest.raises(ElfError):
            parse_elf(io.BytesIO(data[:length]))


def test_flipped_bytes_never_crash(static_pie: Path) -> None:
    data = static_pie.read_bytes()

    for position in range(4, 600, 5):
        damaged = bytearray(data)
        damaged[position] ^= 0xFF
        try:
            parse_elf(io.BytesIO(damaged))
        except ElfError:
            continue
