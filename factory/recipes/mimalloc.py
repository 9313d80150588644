"""mimalloc as one object that supplies the whole malloc API of the executable."""

from __future__ import annotations

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes.base import Platform, option

KEYS = frozenset({"cflags"})


def commands(component: Component, platform: Platform) -> tuple[Command, ...]:
    """Compile the single-file form under other names: CPython has a mimalloc of its own."""
    rename = Command(
        argv=(
            "find",
            "include",
            "src",
            "-name",
            "*.[ch]",
            "-exec",
            "sed",
            "-i",
            "-E",
            r"s/\b(_?)mi_/\1factory_mi_/g",
            "{}",
            "+",
        ),
        cwd="src",
    )
    compile_it = Command(
        argv=(
            "cc",
            "-O3",
            "-g0",
            "-DNDEBUG",
            *option(component, "cflags", platform),
            "-I../src/include",
            "-c",
            "../src/src/static.c",
            "-o",
            "../out/lib/mimalloc.o",
        )
    )
    return (rename, compile_it)
