"""Small libraries that need no configure script: compile the sources, make an archive.

Nothing is asked of the host, so the same bytes come out everywhere, and archives with and without
a generated `configure` serve alike.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes.base import Platform, option

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
    headers = (header.partition(":") for header in option(component, "headers", platform))
    copies = tuple(
        Command(argv=("cp", f"../src/{path}", f"../out/include/{name or PurePosixPath(path).name}"))
        for path, _, name in headers
    )
    return (compile_all, archive, *copies)
