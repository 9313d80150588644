"""The toolchain from the `ziglang` wheel: clang, lld and llvm-ar without a system compiler."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from factory.errors import MachineError
from factory.model.arch import Arch
from factory.model.plan import File
from factory.toolchains import Capabilities, Tree
from factory.toolchains.programs import programs


@dataclass(frozen=True, kw_only=True)
class ZigToolchain:
    """One installed `ziglang` wheel; `zig` is its executable.

    `files` are the driver scripts and clang's configuration files, read once; `cross_files` those
    that a cross build has on top.
    """

    version: str
    zig: Path
    name: str = "zig"
    files: tuple[File, ...] = field(default_factory=lambda: programs("common", "zig"))
    cross_files: tuple[File, ...] = field(default_factory=lambda: programs("common/cross"))

    @property
    def capabilities(self) -> Capabilities:
        """The wheel has neither the runtime that counts nor llvm-profdata."""
        return Capabilities(lto=True, pgo=False, tail_call=True, ordering=True)

    @property
    def bolt_files(self) -> tuple[File, ...]:
        """The wheel has no BOLT."""
        return ()

    @property
    def identity(self) -> str:
        """Name and version: the wheel is pinned, and the same on every machine."""
        return f"zig {self.version}"

    def trees(self) -> Mapping[str, Tree]:
        """The package's directory, with zig and its libraries' sources."""
        return {"zig": Tree(path=self.zig.parent, patterns=("**/*",))}

    def environment(self, places: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Where zig is, and a cache of its own inside the work directory."""
        return (
            ("FACTORY_ZIG", f"{places['zig']}/{self.zig.name}"),
            ("ZIG_GLOBAL_CACHE_DIR", "zig-cache"),
            ("ZIG_LOCAL_CACHE_DIR", "zig-cache"),
        )

    def target_environment(self, arch: Arch) -> tuple[tuple[str, str], ...]:
        """Return the names under which clang and the kernel's headers know the target."""
        return (
            ("FACTORY_TRIPLE", arch.triple),
            ("FACTORY_KERNEL_HEADERS", arch.value.kernel_headers),
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
