from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from factory.bench.facts import Component, load_bench
from factory.bench.parts import OTHER, measure_parts, parse_map
from factory.errors import UsageError

MAP = """\
             VMA              LMA     Size Align Out     In      Symbol
          410d00           410d00   ad2340    32 .rodata
          410d00           410d00   100000    32         frozen.o:(.rodata.factory_frozen)
          410d00           410d00        0     1                 factory_code
          ee5d80           ee5d80       1a    16         ../libpython3.14.a(errors.o):(.rodata.doc)
          ee5d80           ee5d80       1a     1                 BaseException___reduce____doc__
          ee5da0           ee5da0       20    16         /x y/lib/libcrypto.a(aes.o):(.text.f)
          ee5da0           ee5da0      400    16         /x y/lib/libcrypto.a(aes.o):(.bss.f)
          ee5dc0           ee5dc0       10     1         strange.o:(.text)
               0                0    90000     8         <internal>:(.symtab)
"""
COMPONENTS = (
    Component(name="code", objects=("frozen.o:(*",), symbols=("factory_*",)),
    Component(name="OpenSSL", objects=("*/libcrypto.a(*",), symbols=("EVP_*",)),
    Component(name="CPython", objects=("*libpython*",), symbols=("Py*",)),
)


def test_a_map_is_added_up_by_component_without_what_takes_no_bytes() -> None:
    found = parse_map(MAP.splitlines(keepends=True), COMPONENTS)
    assert found == {"code": 0x100000, "CPython": 0x1A, "OpenSSL": 0x20, OTHER: 0x10}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program with symbols, one of them without a size as assembly makes them."""
    folder = tmp_path_factory.mktemp("parts")
    (folder / "p.c").write_text(
        "char PyBig[50000] = {1}; char EVP_small[1000] = {1}; char PyNothing[90000];\n"
        '__asm__(".data\\nfactory_code:\\n.fill 20000,1,7\\n.globl after\\nafter:\\n.byte 1\\n");\n'
        "void _start(void) {}\n"
    )
    options = ("-target", "x86_64-linux-none", "-nostdlib", "-O0", "-g0")
    zig = (sys.executable, "-m", "ziglang", "cc", *options, "p.c", "-o", "p")
    subprocess.run(zig, cwd=folder, check=True)
    return folder / "p"


def test_symbols_are_added_up_by_component(program: Path) -> None:
    parts = measure_parts(program, program, load_bench())
    sizes = {part.name: part.size for part in parts}
    assert sizes["CPython"] == 50_000
    assert sizes["standard library, byte code"] == 20_000
    assert sizes["OpenSSL"] == 1000
    assert sum(sizes.values()) == program.stat().st_size
    assert [part.size for part in parts] == sorted(sizes.values(), reverse=True)


def test_without_symbols_it_is_sections(program: Path) -> None:
    sizes = {part.name: part.size for part in measure_parts(program, None, load_bench())}
    assert sizes[".data"] >= 71_001
    assert ".bss" not in sizes
    assert sum(sizes.values()) == program.stat().st_size


def test_a_script_has_no_parts_but_its_size(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    (part,) = measure_parts(script, None, load_bench())
    assert (part.name, part.size) == (OTHER, 10)


def test_a_file_without_symbols_is_refused(program: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("nothing to see")
    (tmp_path / "cut").write_bytes(program.read_bytes()[:40])
    for name in ("text", "cut", "missing"):
        with pytest.raises(UsageError, match="--symbols"):
            measure_parts(program, tmp_path / name, load_bench())
