"""musl: headers and the pieces of a self-hosted executable (patches/musl says how it works)."""

from __future__ import annotations

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes.base import Platform, option

KEYS = frozenset({"replaced"})
_ARCHIVES = ("lib/libc_core.a", "lib/libc_malloc.a")
_OBJECTS = ("lib/Scrt1.o", "lib/dlstart.o", "lib/dynlink.o")
# For executables of the usual kinds, to compare with (model/target.py, Link).
_USUAL = ("lib/rcrt1.o", "lib/dynlink_shared.o")


def commands(component: Component, platform: Platform) -> tuple[Command, ...]:
    """Build PIC objects only; `replaced` are assembler files that our C files stand in for."""
    replaced = option(component, "replaced", platform)
    remove = (Command(argv=("rm", *replaced), cwd="src"),) if replaced else ()
    configure = Command(
        argv=("../src/configure", "--prefix=/", f"--target={platform.arch.triple}"),
        # Without LIBCC configure would ask the compiler for a libgcc.
        env=(("CC", "cc"), ("AR", "ar"), ("RANLIB", "ranlib"), ("LIBCC", "-lcompiler_rt")),
    )
    objects = " ".join((*_OBJECTS, *_USUAL))
    pieces = (f"STATIC_LIBS={' '.join(_ARCHIVES)}", f"CRT_LIBS={objects}")
    return (
        *remove,
        configure,
        Command(argv=("make", *_ARCHIVES, *_OBJECTS, *_USUAL)),
        Command(
            argv=(
                "make",
                "install-headers",
                "install-libs",
                "SHARED_LIBS=",
                *pieces,
                "DESTDIR={work}/out",
            )
        ),
        Command(argv=("cp", "src/dynamic.list", "out/lib/"), cwd="."),
        # `-lc` finds an empty archive: libc_core and libc_malloc are always linked.
        Command(argv=("ar", "rcs", "../out/lib/libc.a")),
    )
