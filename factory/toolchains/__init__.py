"""Which compiler a build uses, and what it needs in a work directory."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from factory.model.arch import Arch
from factory.model.plan import File


class Toolchain(Protocol):
    """A compiler, linker and archiver for musl targets.

    `files` go into `tools/`, which comes first in PATH
    and offers `cc`, `ar` and `ranlib`.
    `directory` holds the rest: it may stand anywhere, which must not change what is built.
    """

    @property
    def name(self) -> str:
        """What --toolchain calls it."""

    @property
    def identity(self) -> str:
        """The compiler and its version, for keys and manifests."""

    @property
    def files(self) -> tuple[File, ...]:
        """The programs and configuration for the work directory."""

    @property
    def cross_files(self) -> tuple[File, ...]:
        """What a cross build needs on top: `build-cc`, for programs that run during the build."""

    @property
    def directory(self) -> Path:
        """Where the compiler is on this machine, with all that it needs."""

    def environment(self, directory: str) -> tuple[tuple[str, str], ...]:
        """Return the places that the programs need, when the compiler is in `directory`."""

    def target_environment(self, arch: Arch) -> tuple[tuple[str, str], ...]:
        """Return what the programs must know of the target; part of every action's key."""
