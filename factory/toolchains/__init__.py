"""Which compiler a build uses, what it can do, and what it needs in a work directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from factory.model.arch import Arch
from factory.model.plan import File


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a compiler can do beyond compiling; `factory doctor` shows it.

    `lto`: ThinLTO; `pgo`: profiles of the intermediate representation, with the runtime that counts
    and the program that merges; `tail_call`: the interpreter of 3.14 that is made of tail calls
    (`preserve_none` and `musttail`); `ordering`: the linker puts together what a start calls
    (lld's `--bp-startup-sort`); `bolt`: a linked executable can be rewritten after what it did
    (llvm-bolt, its runtime that counts, and merge-fdata).
    """

    lto: bool
    pgo: bool
    tail_call: bool
    ordering: bool
    bolt: bool = False

    def text(self) -> str:
        """Name what is there and what is not."""
        rows = (
            *(("LTO", self.lto), ("PGO", self.pgo)),
            *(("tail calls", self.tail_call), ("ordering", self.ordering), ("BOLT", self.bolt)),
        )
        return ", ".join(name if has else f"no {name}" for name, has in rows)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A directory that a toolchain needs; `patterns` find the files below it that count."""

    path: Path
    patterns: tuple[str, ...]

    def files(self) -> tuple[Path, ...]:
        """Look for the files; paths are relative, in order."""
        found = {
            path.relative_to(self.path)
            for pattern in self.patterns
            for path in self.path.glob(pattern)
            if path.is_file() and path.parent.name != "__pycache__"
        }
        return tuple(sorted(found))


class Toolchain(Protocol):
    """A compiler, linker and archiver for musl targets.

    `files` go into `tools/`, which comes first in PATH
    and offers `cc`, `ar` and `ranlib`.
    `trees` hold the rest by name: they may stand anywhere, which must not change what is built.
    """

    @property
    def name(self) -> str:
        """What --toolchain calls it."""

    @property
    def identity(self) -> str:
        """The compiler and its version, for keys and manifests."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    @property
    def files(self) -> tuple[File, ...]:
        """The programs and configuration for the work directory."""

    @property
    def cross_files(self) -> tuple[File, ...]:
        """What a cross build needs on top: `build-cc`, for programs that run during the build."""

    @property
    def bolt_files(self) -> tuple[File, ...]:
        """What BOLT's steps need on top: `bolt` and `merge-fdata`; empty where it has none."""

    def trees(self) -> Mapping[str, Tree]:
        """Where the compiler is on this machine, with all that it needs."""

    def environment(self, places: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Return what the programs need, when the trees are in these places."""

    def target_environment(self, arch: Arch) -> tuple[tuple[str, str], ...]:
        """Return what the programs must know of the target; part of every action's key."""


def local_environment(toolchain: Toolchain) -> tuple[tuple[str, str], ...]:
    """Return the environment of a toolchain that is used where it stands."""
    return toolchain.environment({name: str(tree.path) for name, tree in toolchain.trees().items()})
