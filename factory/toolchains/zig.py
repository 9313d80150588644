"""The toolchain from the `ziglang` wheel: clang, lld and llvm-ar without a system compiler."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

from factory.catalog import our_file
from factory.errors import MachineError
from factory.model.arch import Arch
from factory.model.plan import File

_PROGRAMS = Path(__file__).parent / "zig"


@dataclass(frozen=True, kw_only=True)
class ZigToolchain:
    """One installed `ziglang` wheel; `zig` is its executable.

    `files` are the driver scripts and clang's configuration files, read once; `cross_files` those
    that a cross build has on top.
    """

    version: str
    zig: Path
    name: str = "zig"
    files: tuple[File, ...] = field(default_factory=lambda: _programs(_PROGRAMS))
    cross_files: tuple[File, ...] = field(default_factory=lambda: _programs(_PROGRAMS / "cross"))

    @property
    def identity(self) -> str:
        """Name and version: the wheel is pinned, and the same on every machine."""
        return f"zig {self.version}"

    @property
    def directory(self) -> Path:
        """The package's directory, with zig and its libraries' sources."""
        return self.zig.parent

    def environment(self, directory: str) -> tuple[tuple[str, str], ...]:
        """Where zig is, and a cache of its own inside the work directory."""
        return (
            ("FACTORY_ZIG", f"{directory}/{self.zig.name}"),
            ("ZIG_GLOBAL_CACHE_DIR", "zig-cache"),
            ("ZIG_LOCAL_CACHE_DIR", "zig-cache"),
        )

    def target_environment(self, arch: Arch) -> tuple[tuple[str, str], ...]:
        """Return the names under which clang and the kernel's headers know the target."""
        return (
            ("FACTORY_TRIPLE", arch.triple),
            ("FACTORY_KERNEL_HEADERS", arch.value.kernel_headers),
        )


def _programs(folder: Path) -> tuple[File, ...]:
    found = sorted(path for path in folder.iterdir() if path.is_file())
    return tuple(
        our_file(path, f"tools/{path.name}", executable=path.suffix != ".cfg") for path in found
    )


def find_zig() -> ZigToolchain:
    """Find the wheel that is installed beside the factory; MachineError where it is not."""
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise MachineError(
            "the compiler is missing: no 'ziglang' package beside the factory",
            hint="pip install ziglang, or install the factory again with 'pip install .'",
        )
    zig = Path(spec.origin).parent / "zig"
    if not zig.is_file():
        raise MachineError(
            f"the 'ziglang' package is damaged: no {zig}",
            hint="pip install --force-reinstall ziglang",
        )
    return ZigToolchain(version=importlib.metadata.version("ziglang"), zig=zig)
