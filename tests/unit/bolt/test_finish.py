"""What BOLT takes from an executable is put back, in real ones that zig's linker makes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from factory.bolt import finish
from factory.bolt.finish import PT_GNU_STACK, PT_LOAD, PT_NOTE, DamagedError, Segment
from factory.catalog import RUNTIME
from factory.verify.elf import read_elf
from tests.rewriting import BOTH, PAGE, Rewrite, as_bolt_does

STACK = 8 << 20
# Ends with 7, by a system call: there is no libc. The mark is that of runtime/start.c.
PROGRAM = """
__attribute__((section(".factory.end"), used)) static volatile long mark = 0x21646e6520656854;
static char zeros[100000];
static long wanted(long number) { return number + zeros[number]; }
long (*volatile by_pointer)(long) = wanted;
void _start(void) {
    __asm__ volatile("syscall" : : "a"(60L), "D"(by_pointer(7)) : "rcx", "r11", "memory");
}
"""


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fixed executable as the recipes link it for BOLT, with runtime/spare.c and layout.ld."""
    folder = tmp_path_factory.mktemp("linked")
    zig = (sys.executable, "-m", "ziglang")
    (folder / "program.c").write_text(PROGRAM, encoding="ascii")
    for name in ("spare.c", "empty.c"):
        shutil.copy(RUNTIME / name, folder)
    compile_ = ("cc", "-target", "x86_64-linux-none", "-nostdlib", "-O1", "-fno-PIC")
    for name in ("program", "spare", "empty"):
        subprocess.run((*zig, *compile_, "-c", f"{name}.c"), cwd=folder, check=True)
    options = ("-no-pie", "--no-dynamic-linker", "--export-dynamic", "--emit-relocs")
    stack = ("-z", f"stack-size={STACK}", "-z", "noexecstack")
    layout = (f"--script={RUNTIME / 'layout.ld'}", "--as-needed", "empty.so")
    for command in (
        ("-shared", "empty.o", "-o", "empty.so"),
        (*options, *stack, *layout, "program.o", "spare.o", "-o", "program"),
    ):
        subprocess.run((*zig, "ld.lld", *command), cwd=folder, check=True)
    return folder / "program"


def headers(path: Path) -> tuple[Segment, ...]:
    return finish.layout(path.read_bytes()).segments


def finished(linked: Path, place: Path, rewrite: Rewrite) -> Path:
    rewrite(linked, place)
    assert finish.main([str(linked), str(place)]) == 0
    return place


@BOTH
def test_the_stack_is_lost_and_restored(linked: Path, tmp_path: Path, rewrite: Rewrite) -> None:
    assert read_elf(linked).stack_size == STACK
    place = tmp_path / "program"
    rewrite(linked, place)
    assert read_elf(place).stack_flags is None
    facts = read_elf(finished(linked, place, rewrite))
    assert (facts.stack_size, facts.stack_flags) == (STACK, read_elf(linked).stack_flags)
    assert not facts.executable_stack
    before = next(s for s in headers(linked) if s.type == PT_GNU_STACK)
    assert [s for s in headers(place) if s.type == PT_GNU_STACK] == [before]
    assert not [s for s in headers(place) if s.type == PT_NOTE]


@BOTH
def test_the_table_of_program_headers_stays_at_the_head(
    linked: Path, tmp_path: Path, rewrite: Rewrite
) -> None:
    place = finished(linked, tmp_path / "program", rewrite)
    before, after = (finish.layout(path.read_bytes()) for path in (linked, place))
    assert before.table == after.table == finish.HEADER.size
    assert len(before.segments) == len(after.segments)


@BOTH
def test_the_last_segment_ends_with_the_mark(
    linked: Path, tmp_path: Path, rewrite: Rewrite
) -> None:
    place = finished(linked, tmp_path / "program", rewrite)
    content = place.read_bytes()
    last = max((s for s in headers(place) if s.type == PT_LOAD), key=lambda s: s.offset)
    assert last == [s for s in headers(place) if s.type == PT_LOAD][-1]
    assert content[last.end - 8 : last.end] == b"The end!"
    assert (last.address + last.file_size) % 8 == 0
    assert last.file_size == last.memory_size


@BOTH
def test_sections_are_where_they_say(linked: Path, tmp_path: Path, rewrite: Rewrite) -> None:
    place = tmp_path / "program"
    rewrite(linked, place)

    def sections() -> list[tuple[str, bytes]]:
        with place.open("rb") as file:
            return [
                (section.name, section.data())
                for section in ELFFile(file).iter_sections()
                if section["sh_type"] not in ("SHT_NOBITS", "SHT_NULL")
            ]

    before = sections()
    finished(linked, place, lambda *_: None)
    assert sections() == before
    assert ".text" in dict(before)


@BOTH
def test_it_runs(linked: Path, tmp_path: Path, rewrite: Rewrite) -> None:
    assert subprocess.run([linked]).returncode == 7
    assert subprocess.run([finished(linked, tmp_path / "program", rewrite)]).returncode == 7


def test_what_kept_its_stack_gets_the_mark_alone(linked: Path, tmp_path: Path) -> None:
    """As what counts does: BOLT gives it a table of its own."""
    content = finish.finish(linked.read_bytes(), with_code(linked.read_bytes()))
    found = finish.layout(content)
    assert [s.memory_size for s in found.segments if s.type == PT_GNU_STACK] == [STACK]
    assert [s.type for s in found.segments if s.type == PT_NOTE] == []


def with_code(linked: bytes) -> bytes:
    """Make the header of the note one of more code."""
    found = finish.layout(linked)
    note = found.index(PT_NOTE)
    assert note is not None
    address = 0x7000000
    segment = Segment(PT_LOAD, 5, 0, address, address, PAGE, PAGE, PAGE)
    content = bytearray(linked.ljust(2 * PAGE, b"\0"))
    finish._put_segment(content, found, note, segment)
    return bytes(content)


def test_what_cannot_be_done_is_said(
    linked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "program"
    place.write_text("no program")
    assert finish.main([str(linked), str(place)]) == 1
    assert capsys.readouterr().err == f"{place}: no ELF header\n"
    assert place.read_text() == "no program"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda segment: replace(segment, type=0), "no program header is left for the stack"),
        (
            lambda segment: replace(segment, memory_size=segment.memory_size + 1),
            "the last segment ends with zeros that are not in the file",
        ),
    ],
)
def test_other_files_are_refused(
    linked: Path, tmp_path: Path, change: Callable[[Segment], Segment], problem: str
) -> None:
    place = tmp_path / "program"
    as_bolt_does(linked, place)
    content = bytearray(place.read_bytes())
    found = finish.layout(content)
    note = found.index(PT_NOTE)
    assert note is not None
    which = note if "stack" in problem else found.last
    finish._put_segment(content, found, which, change(found.segments[which]))
    with pytest.raises(DamagedError, match=problem):
        finish.finish(linked.read_bytes(), bytes(content))


@pytest.mark.parametrize("size", [0, 10, 63, 64, 200])
def test_cut_off_files_are_refused(linked: Path, size: int) -> None:
    content = linked.read_bytes()
    with pytest.raises(DamagedError):
        finish.finish(content, content[:size])
