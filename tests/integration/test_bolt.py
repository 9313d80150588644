"""What BOLT rewrites has the thread stacks that were asked for: programs for our musl show it.

`--bolt` itself wants an LLVM with BOLT and half an hour: docs/limits.md says that a person runs it.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.bolt import finish
from factory.catalog import RUNTIME
from factory.verify.elf import read_elf
from tests.integration.conftest import Factory
from tests.integration.native_programs import HERE, STRICT, open_machine
from tests.rewriting import BOTH, Rewrite

pytestmark = pytest.mark.build

PROGRAM = Path(__file__).resolve().parents[1] / "native" / "bolt" / "threads.c"


@pytest.fixture(scope="module")
def linked(factory: Factory) -> Iterator[Path]:
    """The program at a fixed address, linked as recipes/interpreter.py links for BOLT."""
    with open_machine(HERE, factory.cache) as machine:
        folder = machine.session.work / "build" / "bolt"
        folder.mkdir(parents=True)
        names = (RUNTIME / "exports" / "musl.txt").read_text().split()
        (folder / "exports.list").write_text(f"{{ {' '.join(f'{name};' for name in names)} }};\n")
        machine.call(folder, "cc", "-shared", "-o", "empty.so", str(RUNTIME / "empty.c"))
        machine.call(
            folder,
            *("cc", *STRICT, "-o", "main", str(PROGRAM)),
            *(str(RUNTIME / name) for name in ("start.c", "spare.c")),
            "{work}/sysroot/lib/mimalloc.o",
            *("-Wl,--dynamic-list=exports.list", "-Wl,--as-needed,empty.so"),
            f"-Wl,--entry=factory_start,--script={RUNTIME / 'layout.ld'},--emit-relocs",
            link="fixed",
        )
        yield folder / "main"


def run(program: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program], capture_output=True, text=True, timeout=60)


def test_as_it_was_linked(linked: Path) -> None:
    assert run(linked).returncode == 0


@BOTH
def test_threads_crash_without_the_header_and_do_not_with_it(
    linked: Path, tmp_path: Path, rewrite: Rewrite
) -> None:
    place = tmp_path / "main"
    rewrite(linked, place)
    done = run(place)
    assert done.returncode == 126
    assert "the end of the file is missing" in done.stderr
    content = bytearray(place.read_bytes())
    finish._put_mark(content, b"The end!")
    place.write_bytes(content)
    assert run(place).returncode == -signal.SIGSEGV
    rewrite(linked, place)
    assert finish.main([str(linked), str(place)]) == 0
    assert run(place).returncode == 0
    assert read_elf(place).stack_size == read_elf(linked).stack_size == 8 << 20


@BOTH
def test_it_says_when_its_end_is_missing(linked: Path, tmp_path: Path, rewrite: Rewrite) -> None:
    place = tmp_path / "main"
    rewrite(linked, place)
    finish.main([str(linked), str(place)])
    content = place.read_bytes()
    last = finish.layout(content).segments[finish.layout(content).last]
    for end, code in ((last.end, 0), (last.end - 1, 126), (last.end // 2, 126), (5000, 126)):
        place.write_bytes(content[:end])
        assert run(place).returncode == code, end
