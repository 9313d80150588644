"""ncurses with terminal descriptions compiled in, for hosts that have no terminfo database."""

from __future__ import annotations

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes import autotools
from factory.recipes.base import Platform, option

KEYS = autotools.KEYS | {"fallbacks"}

_FLAGS = (("CC", "cc"), ("AR", "ar"), ("RANLIB", "ranlib"), ("CFLAGS", "-O1 -g0"))


def tools() -> tuple[Command, ...]:
    """Build tic and infocmp, which turn descriptions into C.

    They run on the building machine: this is always an action for the machine's own architecture.
    """
    configure = Command(
        argv=(
            "../src/configure",
            "--prefix=/",
            "--without-ada",
            "--without-cxx",
            "--without-cxx-binding",
            "--without-debug",
            "--without-manpages",
            "--without-tests",
            "--enable-widec",  # entries of more than 4096 bytes
            "cf_cv_multiuser=yes",  # else it looks for users of the building machine
        ),
        env=_FLAGS,
    )
    build = tuple(Command(argv=("make", "-C", part)) for part in ("include", "ncurses", "progs"))
    keep = Command(argv=("cp", "progs/tic", "progs/infocmp", "../out/"))
    return (configure, *build, keep)


def commands(component: Component, platform: Platform) -> tuple[Command, ...]:
    """Configure with the tools, which lie in first/, and the terminals in `fallbacks`."""
    terminals = ",".join(option(component, "fallbacks", platform))
    return autotools.commands(
        component,
        platform,
        more=(
            f"--with-fallbacks={terminals}",
            "--with-tic-path={work}/first/tic",
            "--with-infocmp-path={work}/first/infocmp",
            *(("--with-build-cc=build-cc",) if platform.cross else ()),
        ),
    )
