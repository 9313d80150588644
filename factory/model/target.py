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
    EMBED = "embed"

    @property
    def suffix(self) -> str:
        """File name suffix; a bare executable has none."""
        return "" if self is Flavor.SINGLE else ".tar.gz"


# What a build makes where nothing is said.
USUAL_FLAVORS = (Flavor.INSTALL_ONLY, Flavor.SINGLE)


class Link(Enum):
    """How the executable gets its libc.

    Distributions are SELF_HOSTED: the dynamic linker is inside. The other two are the same objects
    linked in the usual ways, to compare with: against a `libc.so` beside them, and without
    `dlopen()`.
    """

    SELF_HOSTED = "self-hosted"
    DYNAMIC = "dynamic"
    STATIC = "static"

    @property
    def flavors(self) -> tuple[Flavor, ...]:
        """What can be handed out: an executable that needs a `libc.so` is nothing alone."""
        return (Flavor.INSTALL_ONLY,) if self is Link.DYNAMIC else tuple(Flavor)


class Profile(Enum):
    """How much work goes into speed.

    FAST compiles everything once. RELEASE compiles CPython twice: what the first interpreter counts
    while it is trained tells the compiler and the linker how to make the second.
    """

    FAST = "fast"
    RELEASE = "release"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One Python for one architecture.

    The profile is in no file name: what is handed out is the same distribution. `pie` is what was
    asked for: an executable that the kernel loads at a random address, or one with a fixed address;
    None leaves it to the profile. `bolt`: the linked executable is rewritten after what it did in
    another training.
    """

    python: PythonRelease
    arch: Arch
    profile: Profile = Profile.FAST
    link: Link = Link.SELF_HOSTED
    pie: bool | None = None
    bolt: bool = False
    ca_bundle: bool = True

    @property
    def fixed(self) -> bool:
        """Whether the executable has a fixed address: nothing is relocated when it starts."""
        return self._usually_fixed if self.pie is None else not self.pie

    @property
    def _usually_fixed(self) -> bool:
        """A release has, as Debian's python3; what is linked to compare with has not."""
        return self.profile is Profile.RELEASE and self.link is Link.SELF_HOSTED

    @property
    def options(self) -> tuple[str, ...]:
        """What differs from the usual build, as names of files and messages say it."""
        differs = {
            self.link.value: self.link is not Link.SELF_HOSTED,
            "no-pie" if self.fixed else "pie": self.fixed is not self._usually_fixed,
            "bolt": self.bolt,
            "without-ca-bundle": not self.ca_bundle,
        }
        return tuple(name for name, here in differs.items() if here)

    @property
    def label(self) -> str:
        """The short name in messages, such as `3.13.15 x86_64`."""
        return " ".join((self.python.version, self.arch.machine, *self.options))

    @property
    def stem(self) -> str:
        """What the names of all files about this target begin with."""
        parts = ("cpython", self.python.version, self.arch.release_triple, *self.options)
        return "-".join(parts)

    def artifact_name(self, flavor: Flavor) -> str:
        """File name in the scheme that consumers of standalone Pythons parse."""
        return f"{self.stem}-{flavor.value}{flavor.suffix}"
