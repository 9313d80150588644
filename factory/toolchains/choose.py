"""From what the user said to a toolchain."""

from __future__ import annotations

from pathlib import Path

from factory.errors import UsageError
from factory.model.target import Profile
from factory.toolchains import Toolchain
from factory.toolchains.llvm import find_llvm
from factory.toolchains.zig import find_zig

# What --toolchain takes. `auto`: zig, which every installation has; LLVM for a release.
NAMES = ("auto", "zig", "llvm")


def choose_toolchain(
    name: str, profile: Profile, path: Path | None = None, *, bolt: bool = False
) -> Toolchain:
    """Find the toolchain; `path` is where LLVM is installed, `bolt` asks for one with BOLT.

    UsageError where it cannot do what the profile needs; MachineError where it is not here.
    """
    if name == "zig" and path is not None:
        raise UsageError("--toolchain-path is for LLVM", hint="zig comes from its wheel")
    if name == "auto":
        name = "llvm" if path is not None or profile is Profile.RELEASE else "zig"
    zig = find_zig()
    chosen: Toolchain = find_llvm(zig, path, bolt=bolt) if name == "llvm" else zig
    can = chosen.capabilities
    if profile is Profile.RELEASE and not (can.pgo and can.lto):
        raise UsageError(
            f"--profile release needs LTO and PGO; {chosen.identity} has {can.text()}",
            hint="say --toolchain llvm"
            if name == "zig"
            else "install the profile runtime too (Debian: libclang-rt-NN-dev)",
        )
    return chosen
