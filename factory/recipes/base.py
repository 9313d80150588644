"""What every recipe is given and what it returns."""

from __future__ import annotations

from dataclasses import dataclass

from factory.model.arch import Arch
from factory.model.plan import Command
from factory.model.recipe import Component

PREFIX = "/"  # inside out/: dependencies are merged into sysroot/include and sysroot/lib


@dataclass(frozen=True, kw_only=True)
class Platform:
    """For which architecture something is built, and on which."""

    arch: Arch
    build_arch: Arch

    @property
    def cross(self) -> bool:
        """Tell whether what is built cannot run here."""
        return self.arch is not self.build_arch

    @property
    def configure_triples(self) -> tuple[str, ...]:
        """The --build and --host options of GNU-style configure scripts."""
        build = f"--build={self.build_arch.triple}"
        return (build, f"--host={self.arch.triple}") if self.cross else (build,)


def option(component: Component, key: str, platform: Platform) -> tuple[str, ...]:
    """Return a list from a component's facts: the common part, then the architecture's own."""
    own = f"{key}_{platform.arch.machine}"
    return component.options.get(key, ()) + component.options.get(own, ())


def make_directories(*names: str) -> Command:
    """Create directories below the work directory."""
    return Command(argv=("mkdir", "-p", *names), cwd=".")
