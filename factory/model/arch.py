"""The table of architectures; every name that anything uses for one is derived from here."""

from __future__ import annotations

import difflib
import enum
from dataclasses import dataclass

from factory.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class ArchFacts:
    """What the outside world calls one architecture.

    `elf_machine` is the name of the e_machine constant in elf(5), without the `EM_` prefix;
    `kernel_headers` is the kernel's own name for the architecture (`arch/NAME`), `github_runner`
    the label of GitHub's machines.
    """

    machine: str
    aliases: tuple[str, ...]
    oci_platform: str
    elf_machine: str
    kernel_headers: str
    openssl_target: str
    qemu: str
    github_runner: str


class Arch(enum.Enum):
    """A CPU architecture that a distribution can be built for."""

    X86_64 = ArchFacts(
        machine="x86_64",
        aliases=("amd64", "x64", "x86-64"),
        oci_platform="linux/amd64",
        elf_machine="X86_64",
        kernel_headers="x86",
        openssl_target="linux-x86_64",
        qemu="qemu-x86_64",
        github_runner="ubuntu-24.04",
    )
    AARCH64 = ArchFacts(
        machine="aarch64",
        aliases=("arm64", "armv8"),
        oci_platform="linux/arm64",
        elf_machine="AARCH64",
        kernel_headers="aarch64",
        openssl_target="linux-aarch64",
        qemu="qemu-aarch64",
        github_runner="ubuntu-24.04-arm",
    )

    @property
    def machine(self) -> str:
        """The name that `uname -m` gives."""
        return self.value.machine

    @property
    def triple(self) -> str:
        """The target triple for GNU-style configure scripts and clang."""
        return f"{self.machine}-linux-musl"

    @property
    def release_triple(self) -> str:
        """The four-part triple in the names of standalone Python archives."""
        return f"{self.machine}-unknown-linux-musl"

    @classmethod
    def of_elf(cls, machine: str) -> Arch | None:
        """Find the architecture of an ELF file by the name of its e_machine, without `EM_`."""
        return next((arch for arch in cls if arch.value.elf_machine == machine), None)

    @classmethod
    def parse(cls, text: str) -> Arch:
        """Find an architecture by any name that users know; UsageError with near names else."""
        names = {name: arch for arch in cls for name in (arch.machine, *arch.value.aliases)}
        if found := names.get(text.strip().lower()):
            return found
        near = difflib.get_close_matches(text.lower(), names, n=3, cutoff=0.4)
        raise UsageError(
            f"unknown architecture {text!r}; known: {', '.join(names)}",
            hint=f"did you mean {' or '.join(near)}?" if near else "see 'factory list'",
        )
