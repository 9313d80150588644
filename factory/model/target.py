"""What one distribution is built for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from factory.model.arch import Arch
from factory.model.recipe import PythonRelease


class Flavor(Enum):
    """The shapes in which one build is handed out; docs/artifacts.md describes them."""

    INSTALL_ONLY = "install_only"
    SINGLE = "single"

    @property
    def suffix(self) -> str:
        """File name suffix; a bare executable has none."""
        return {Flavor.INSTALL_ONLY: ".tar.gz", Flavor.SINGLE: ""}[self]


@dataclass(frozen=True, kw_only=True)
class Target:
    """One Python for one architecture."""

    python: PythonRelease
    arch: Arch

    @property
    def label(self) -> str:
        """The short name in messages, such as `3.13.15 x86_64`."""
        return f"{self.python.version} {self.arch.machine}"

    def artifact_name(self, flavor: Flavor) -> str:
        """File name in the scheme that consumers of standalone Pythons parse."""
        stem = f"cpython-{self.python.version}-{self.arch.release_triple}"
        return f"{stem}-{flavor.value}{flavor.suffix}"
