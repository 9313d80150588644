"""compiler-rt: the helper functions that clang calls, from the zig wheel's own sources."""

from __future__ import annotations

from factory.model.plan import Command
from factory.recipes.base import Platform


def commands(platform: Platform) -> tuple[Command, ...]:
    """Compile zig's compiler_rt with default visibility.

    As shipped its weak `memcpy`, `ceil`, `exp` ... are hidden; hidden wins when symbols of one
    name meet, and the names of libc would vanish from the executable's dynamic symbols.
    """
    show = Command(
        argv=(
            "sed",
            "-i",
            "s/[.]visibility = [.]hidden/.visibility = .default/",
            "build/compiler_rt.zig",
        ),
        cwd=".",
    )
    build = Command(
        argv=(
            "zig-build-lib",
            "compiler_rt.zig",
            "-target",
            platform.arch.triple,
            "-O",
            "ReleaseFast",
            "-fPIC",
            "-fstrip",
            "-ffunction-sections",
            "-fdata-sections",
            "-fno-stack-check",
            "--name",
            "compiler_rt",
            "-femit-bin=../out/lib/libcompiler_rt.a",
        )
    )
    return (Command(argv=("copy-compiler-rt", "build"), cwd="."), show, build)
