"""The memory and string functions that replace musl's."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from factory.model.arch import Arch
from tests.integration.native_programs import emulator

ROOT = Path(__file__).resolve().parents[2]
STRING = ROOT / "factory/runtime/musl/src/string"
# What tells them which form to use.
CHOICE = {Arch.X86_64: ROOT / "factory/runtime/musl/src/internal/x86_64/processor.c"}
NO_AVX2 = 77

# What musl's internal headers define. Two macros, so that the renamed names are those in use.
MUSL_MACROS = (
    '-Dhidden=__attribute__((__visibility__("hidden")))',
    "-DALIAS(old,new)=extern __typeof(old) new __attribute__((__weak__, __alias__(#old)))",
    "-Dweak_alias(old,new)=ALIAS(old,new)",
)


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """What to look for in an architecture's assembly: each pattern finds a name, if it is one."""

    branch: str
    variable: str
    indirect: str
    # Names that are there for good reasons: of the first kind, a pattern, which may be of none.
    own_branch: str = r"(?!)"
    own_variables: frozenset[str] = frozenset()


ASSEMBLY = {
    Arch.X86_64: Assembly(
        branch=r"^\s+(?:call|j[a-z]+)q?\s+([A-Za-z_]\S*)",
        variable=r"([\w.]+)\(%rip\)",
        indirect=r"@GOT",
        own_branch=r"\w+_(sse2|avx2)",
        own_variables=frozenset({"__have_avx2", "__rep_movsb_from"}),
    ),
    Arch.AARCH64: Assembly(
        branch=r"^\s+(?:bl?|b\.[a-z]+|cbn?z|tbn?z)\s+(?:.*\s)?([A-Za-z_]\S*)$",
        variable=r"^\s+adrp?\s+\w+, ([\w.]+)",
        indirect=r":got|^\s+(?:blr|br)\s",
    ),
}


def sources(arch: Arch) -> list[Path]:
    return sorted((STRING / arch.machine).glob("*.c"))


def functions(arch: Arch) -> list[str]:
    """Return what the files define, with musl's internal names for what is a GNU extension."""
    names = {path.stem for path in sources(arch)}
    return sorted(names | {f"__{name}" for name in names & {"memrchr", "strchrnul"}})


def zig_cc(arch: Arch, *arguments: str | Path) -> None:
    """Run zig's clang, which has musl's public headers and, to link with, libc."""
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", f"{arch.machine}-linux-musl"]
    done = subprocess.run(
        [*compiler, *MUSL_MACROS, *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@cache
def build_directory() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="strings-test-")


@cache
def program(arch: Arch) -> Path:
    """Compile the test, which must reach our functions next to those of its libc.

    Without built-in functions, a loop that checks one of them does not become a call of it.
    """
    path = Path(build_directory().name) / f"strings_test-{arch.machine}"
    zig_cc(
        arch,
        *("-static", "-O2", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-o", path),
        *(f"-D{name}=factory_{name}" for name in functions(arch)),
        ROOT / "tests/native/strings_test.c",
        *sources(arch),
        *([CHOICE[arch]] if arch in CHOICE else ()),
    )
    return path


@pytest.mark.parametrize(
    ("path", "arch"),
    [
        ("sse2", Arch.X86_64),
        ("avx2", Arch.X86_64),
        ("rep-movsb", Arch.X86_64),
        ("neon", Arch.AARCH64),
    ],
    ids=["sse2", "avx2", "rep-movsb", "neon"],
)
def test_functions(path: str, arch: Arch) -> None:
    argv = [str(program(arch)), path]
    found = emulator(arch)
    if found:
        argv = [found, *argv, "quick"]
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode == NO_AVX2:
        pytest.skip("no AVX2 here")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("level", ["-Os", "-O2", "-O3"])
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(source, id=f"{arch.machine}-{source.stem}")
        for arch in Arch
        for source in sources(arch)
    ],
)
def test_needs_nothing(source: Path, level: str) -> None:
    """Clang turns loops that it knows into calls, of the very function that has the loop."""
    arch = Arch.parse(source.parent.name)
    output = Path(build_directory().name) / f"{arch.machine}-{source.stem}{level}.s"
    zig_cc(arch, "-std=c99", "-fPIC", level, "-S", "-o", output, source)
    assembly = output.read_text()
    expected = ASSEMBLY[arch]
    targets = re.findall(expected.branch, assembly, re.MULTILINE)
    assert [name for name in targets if not re.fullmatch(expected.own_branch, name)] == []
    # Nor is there anything that needs relocation before it works.
    assert not re.search(expected.indirect, assembly, re.MULTILINE)
    variables = set(re.findall(expected.variable, assembly, re.MULTILINE))
    assert {name for name in variables if not name.startswith(".L")} <= expected.own_variables


def test_patterns() -> None:
    """The patterns for aarch64 see what they are for."""
    expected = ASSEMBLY[Arch.AARCH64]
    lines = (
        "\tbl\tmemcpy",
        "\tb\tmemmove",
        "\tcbz\tx0, strlen",
        "\tcbz\tx0, .LBB0_1",
        "\tb.ls\t.LBB0_4",
    )
    found = re.findall(expected.branch, "\n".join(lines), re.MULTILINE)
    assert found == ["memcpy", "memmove", "strlen"]
    for line in ("\tadrp\tx8, :got:environ", "\tldr\tx8, [x8, :got_lo12:environ]", "\tblr\tx8"):
        assert re.search(expected.indirect, line, re.MULTILINE)
    assert re.findall(expected.variable, "\tadrp\tx8, environ", re.MULTILINE) == ["environ"]
