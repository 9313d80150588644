"""Sources and components as the catalog describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from factory.model.upstream import Upstream


@dataclass(frozen=True, kw_only=True)
class Archive:
    """One set of bytes that carries a source.

    `sha256` is lower-case hex, `size` is bytes; `urls` are upstream's; `debian_pool` is the path
    below `pool/` of any Debian mirror, where Debian has these very bytes.
    """

    sha256: str
    size: int
    urls: tuple[str, ...] = ()
    debian_pool: str | None = None

    @property
    def filename(self) -> str:
        """The base name under which people know the archive."""
        place = self.urls[0] if self.urls else self.debian_pool or self.sha256
        return place.rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A pinned upstream release: alternatives of equal use, each with bytes of its own."""

    name: str
    version: str
    archives: tuple[Archive, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class BuildSystem(Enum):
    """Which module of `factory.recipes` knows how to build a component."""

    AUTOTOOLS = "autotools"
    DIRECT = "direct"
    LIBFFI = "libffi"
    NCURSES = "ncurses"
    OPENSSL = "openssl"
    MUSL = "musl"
    SQLITE = "sqlite"
    MIMALLOC = "mimalloc"


@dataclass(frozen=True, kw_only=True)
class Component:
    """A library that goes into the executable.

    `licence` is an SPDX expression; `licence_files` are paths inside the source tree;
    `libraries` and `objects` are what the executable is linked with, found in `lib/`. `options`
    are the facts that the component's build system reads (checked by the catalog). `upstream` is
    where newer versions are found.
    """

    source: Source
    licence: str
    licence_files: tuple[str, ...]
    build: BuildSystem
    depends: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    upstream: Upstream | None = None

    @property
    def name(self) -> str:
        """The component's unique name."""
        return self.source.name


@dataclass(frozen=True, kw_only=True)
class PythonRelease:
    """One CPython release and what its build needs to know.

    `not_yet` says why a release that is pinned cannot be built; None where it can.
    """

    source: Source
    licence: str
    licence_files: tuple[str, ...]
    components: tuple[str, ...]
    static_archives: tuple[str, ...]
    modules_left_out: dict[str, str]
    not_yet: str | None = None

    @property
    def version(self) -> str:
        """Exact version, such as `3.13.15`."""
        return self.source.version

    @property
    def minor(self) -> str:
        """Feature version, such as `3.13`."""
        return ".".join(self.version.split(".")[:2])
