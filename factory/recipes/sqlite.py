"""SQLite from its full source tree: make the amalgamation, compile it as one file."""

from __future__ import annotations

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes.base import Platform, option

KEYS = frozenset({"cflags"})


def amalgamation() -> tuple[Command, ...]:
    """Make sqlite3.c and sqlite3.h, the same for every target.

    The programs for it (lemon, and jimsh, so that the host needs no Tcl) run on the building
    machine: this is always an action for the machine's own architecture.
    """
    configure = Command(
        argv=("sh", "../src/configure", "--disable-tcl", "--disable-shared", "--disable-readline"),
        env=(("CC", "cc"), ("CC_FOR_BUILD", "cc"), ("CFLAGS", "-O1 -g0")),
    )
    return (
        configure,
        Command(argv=("make", "sqlite3.c", "sqlite3.h")),
        Command(argv=("cp", "sqlite3.c", "sqlite3.h", "../src/src/sqlite3ext.h", "../out/")),
    )


def commands(component: Component, platform: Platform) -> tuple[Command, ...]:
    """Compile the amalgamation, which lies in first/."""
    return (
        Command(
            argv=(
                "cc",
                "-O2",
                "-g0",
                *option(component, "cflags", platform),
                "-c",
                "../first/sqlite3.c",
                "-o",
                "sqlite3.o",
            )
        ),
        Command(argv=("ar", "rcs", "../out/lib/libsqlite3.a", "sqlite3.o")),
        Command(
            argv=(
                "cp",
                "../first/sqlite3.h",
                "../first/sqlite3ext.h",
                "../out/include/",
            )
        ),
    )
