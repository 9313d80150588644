"""The x86-64 memory and string functions that replace musl's."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "factory/runtime/musl/src/string/x86_64"
NO_AVX2 = 77

# The test must reach these functions next to those of the libc that it is linked with.
FUNCTIONS = (
    *("memcpy", "memmove", "memset", "memchr", "memrchr", "__memrchr", "memcmp", "strlen"),
    *("strchrnul", "__strchrnul"),
)
# What musl's internal headers define. Two macros, so that the renamed names are those in use.
MUSL_MACROS = (
    '-Dhidden=__attribute__((__visibility__("hidden")))',
    "-DALIAS(old,new)=extern __typeof(old) new __attribute__((__weak__, __alias__(#old)))",
    "-Dweak_alias(old,new)=ALIAS(old,new)",
)


def zig_cc(*arguments: str | Path) -> None:
    """Run zig's clang, which has musl's public headers and, to link with, libc."""
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", "x86_64-linux-musl"]
    done = subprocess.run(
        [*compiler, *MUSL_MACROS, *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@cache
def build_directory() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="strings-test-")


@cache
def program() -> Path:
    path = Path(build_directory().name) / "strings_test"
    zig_cc(
        *("-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", path),
        *(f"-D{name}=factory_{name}" for name in FUNCTIONS),
        ROOT / "tests/native/strings_test.c",
        *sorted(SOURCES.glob("*.c")),
    )
    return path


@pytest.mark.skipif(platform.machine() != "x86_64", reason="runs x86-64 code")
@pytest.mark.parametrize("path", ["sse2", "avx2"])
def test_functions(path: str) -> None:
    done = subprocess.run([program(), path], capture_output=True, text=True)
    if done.returncode == NO_AVX2:
        pytest.skip("no AVX2 here")
    assert done.returncode == 0, done.stdout + done.stderr


# vector.c runs as a constructor, when everything can be called.
@pytest.mark.parametrize("level", ["-Os", "-O2", "-O3"])
@pytest.mark.parametrize("name", sorted({path.stem for path in SOURCES.glob("*.c")} - {"vector"}))
def test_needs_nothing(name: str, level: str) -> None:
    """Clang turns loops that it knows into calls, of the very function that has the loop."""
    output = Path(build_directory().name) / f"{name}{level}.s"
    zig_cc("-std=c99", "-fPIC", level, "-S", "-o", output, SOURCES / f"{name}.c")
    assembly = output.read_text()
    targets = re.findall(r"^\s+(?:call|j[a-z]+)q?\s+([A-Za-z_]\S*)", assembly, re.MULTILINE)
    assert [target for target in targets if not re.fullmatch(r"\w+_(sse2|avx2)", target)] == []
    # Nor is there anything that needs relocation before it works.
    assert "@GOT" not in assembly
    variables = set(re.findall(r"([\w.]+)\(%rip\)", assembly))
    assert {name for name in variables if not name.startswith(".L")} <= {"__string_avx2"}
