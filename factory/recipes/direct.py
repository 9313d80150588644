"""Small libraries that need no configure script: compile the sources, make an archive.

Nothing is asked of the host, so the same bytes come out everywhere, and archives with and without
a generated `configure` serve alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes.base import Platform, make_directories, option

KEYS = frozenset({"sources", "headers", "cflags", "library"})


def commands(component: Component, platform: Platform) -> tuple[Command, ...]:
    """Compile `sources` (relative to src/) into the archive `library`, copy `headers`.

    A header is `path` or `path:name`, the latter where it is installed under another name.
    """
    sources = option(component, "sources", platform)
    objects = tuple(f"{PurePosixPath(source).stem}.o" for source in sources)
    (library,) = option(component, "library", platform)
    compile_all = Command(
        argv=(
            "cc",
            "-O2",
            "-g0",
            *option(component, "cflags", platform),
            "-c",
            *(f"../src/{source}" for source in sources),
        )
    )
    archive = Command(argv=("ar", "rcs", f"../out/lib/{library}", *objects))
    return (compile_all, archive, *_headers(option(component, "headers", platform)))


def _headers(names: tuple[str, ...]) -> Iterator[Command]:
    for header in names:
        path, _, name = header.partition(":")
        place = PurePosixPath("out/include", name or PurePosixPath(path).name)
        if "/" in name:
            yield make_directories(str(place.parent))
        yield Command(argv=("cp", f"../src/{path}", f"../{place}"))
