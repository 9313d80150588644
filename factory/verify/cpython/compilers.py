"""A compiler for musl under the names that CPython's tests call."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from factory.model.arch import Arch
from factory.toolchains.zig import find_zig

_NAMES = ("cc", "gcc", "c++", "g++")
_TOOLS = Path(__file__).parent / "tools"


def compilers(arch: Arch, workspace: Path) -> dict[str, str]:
    """Put them into a directory of the workspace and give the environment that finds them.

    Raise MachineError where there is no compiler beside the factory.
    """
    folder = workspace / "tools"
    folder.mkdir()
    for name in _NAMES:
        shutil.copyfile(_TOOLS / "cc", folder / name)
        (folder / name).chmod(0o755)
    return {
        "PATH": f"{folder}:{os.defpath}",
        "FACTORY_ZIG": str(find_zig().zig),
        "FACTORY_TRIPLE": arch.triple,
        # One for all tests: zig compiles musl before the first link.
        "ZIG_GLOBAL_CACHE_DIR": str(workspace / "zig-cache"),
    }
