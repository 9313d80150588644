"""Tiny ELF files made by zig, and cases around them or around the Python that runs the tests."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.verify.case import Case, Say
from factory.verify.dist import Dist
from factory.verify.elf import ElfFacts
from factory.verify.interpreter import Interpreter
from factory.verify.policy import Policy, load_policy

# Writes "hello" and exits with 7, by system calls alone: there is no libc.
SOURCE = """
static long call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}
int Py_BytesMain(void) { return 1; }
int _Py_Secret(void) { return 2; }
int __stack_chk_fail(void) { return 3; }
int inflate(void) { return 4; }
const char leak[] __attribute__((used)) = "/home/builder/src/module.c";
void _start(void) { call(1, 1, (long)"hello\\n", 6); call(60, 7, 0, 0); }
"""
PIE = ("-pie", "--no-dynamic-linker", "-z", "text", "-z", "relro", "-z", "now")
STACK = ("-z", "stack-size=8388608")

Link = Callable[..., Path]


@pytest.fixture(scope="session")
def link(tmp_path_factory: pytest.TempPathFactory) -> Link:
    """Link the tiny program, or nothing, with options of lld; `exports` are names or globs."""
    folder = tmp_path_factory.mktemp("elf")
    zig = (sys.executable, "-m", "ziglang")
    for name, text in (("tiny", SOURCE), ("nothing", "")):
        (folder / f"{name}.c").write_text(text, encoding="ascii")
        compiler = ("cc", "-target", "x86_64-linux-none", "-nostdlib", "-fPIC", "-c", f"{name}.c")
        subprocess.run((*zig, *compiler), cwd=folder, check=True)

    def link(*options: str, of: str = "tiny", exports: tuple[str, ...] = ()) -> Path:
        output = folder / f"tiny-{len(list(folder.iterdir()))}"
        script = folder / "exports.list"
        script.write_text("{ " + " ".join(f"{name};" for name in exports) + " };")
        chosen = (f"--dynamic-list={script}",) if exports else ()
        command = (*zig, "ld.lld", f"{of}.o", *options, *chosen, "-o", str(output))
        subprocess.run(command, cwd=folder, check=True)
        return output

    return link


@pytest.fixture(scope="session")
def static_pie(link: Link) -> Path:
    """What the factory makes, in small."""
    return link(*PIE, *STACK, exports=("Py*", "_Py*", "__stack_chk_fail"))


@pytest.fixture(scope="session")
def fixed(link: Link) -> Path:
    """The same at a fixed address, with a dynamic symbol table, which wants a library."""
    library = link("-shared", of="nothing")
    return link(
        *("-no-pie", "--no-dynamic-linker", "-z", "relro", "-z", "now", *STACK),
        *("--as-needed", str(library)),
        exports=("Py*", "_Py*", "__stack_chk_fail"),
    )


@pytest.fixture(scope="session")
def dynamic(link: Link) -> Path:
    """A dynamic executable that needs a library."""
    library = link("-shared", "-soname=libneeded.so.1", "-z", "lazy", exports=("inflate",))
    return link(
        *("-pie", "-z", "lazy", "-z", "norelro", "-rpath=/home/builder/lib", "--no-as-needed"),
        *("--dynamic-linker=/lib/ld-musl-x86_64.so.1", str(library)),
    )


@pytest.fixture(scope="session")
def sound() -> ElfFacts:
    """The facts of an executable in which nothing is wrong."""
    return ElfFacts(
        bits=64,
        little_endian=True,
        type="DYN",
        machine="X86_64",
        interpreter=None,
        needed=(),
        search_paths=(),
        relro=True,
        bind_now=True,
        plt_relocations=False,
        text_relocations=False,
        position_independent=True,
        writable_code=False,
        stack_flags=6,
        stack_size=8 << 20,
        exports=frozenset({"Py_BytesMain", "__stack_chk_fail", "malloc"}),
        undefined=frozenset(),
    )


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The factory's own."""
    return load_policy()


@pytest.fixture
def case(sound: ElfFacts, policy: Policy, tmp_path: Path) -> Case:
    """A case about the very Python that runs the tests, as a bare executable."""
    executable = Path(sys.executable)
    return Case(
        dist=Dist(subject="host", root=None, executable=executable),
        facts=sound,
        interpreter=Interpreter(executable=str(executable), scratch=tmp_path),
        policy=policy,
        scratch=tmp_path,
    )


@pytest.fixture
def say() -> Say:
    """Speak for a check named `test`."""
    return Say("test", "bin/python")


@pytest.fixture
def with_facts(case: Case) -> Callable[..., Case]:
    """Change some facts of the case."""

    def change(**facts: object) -> Case:
        changed = dataclasses.replace(case.facts, **facts)  # type: ignore[arg-type]
        return dataclasses.replace(case, facts=changed)

    return change
