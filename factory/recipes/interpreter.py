"""The executable: CPython, its libraries, our allocator and the frozen standard library."""

from __future__ import annotations

from collections.abc import Sequence

from factory.catalog import RUNTIME, installed_package, our_file, our_tree
from factory.model.plan import Command, File
from factory.model.recipe import Component
from factory.model.target import Link, Target
from factory.recipes.bolt import SPARE
from factory.recipes.cpython import PREFIX
from factory.recipes.optimisation import Optimisation

_OURS = ("main.c", "app_libs.c", "factory_library.c", "frozen_code.c", "permanent.c")
_ORDER = "start-order.txt"
_INCLUDED = (_ORDER, "layout.ld", "factory_library.h", "frozen_code.h", "permanent.h", "libz.inc")
_HEAD = "start.c"
_EMPTY = "empty.c"
_SHARED = "empty.so"
# The libc of Link.DYNAMIC: in the outputs of the link, and in the tree below lib/.
LIBC = "libc.so"
_QUIET = ("-s", "-S", "-B")
_EXPORTS = "-Wl,--dynamic-list=exports.list"
_LAYOUT = "-Wl,--entry=factory_start,--script=../input/layout.ld"
_LINK = {
    Link.SELF_HOSTED: (_EXPORTS, _LAYOUT),
    Link.DYNAMIC: (_EXPORTS, f"-Wl,--dynamic-linker={PREFIX}/lib/{LIBC}", f"../out/{LIBC}"),
    Link.STATIC: (),
}
# Equal strings of several files are not made one: lld would put them in an order by hashes, and the
# names of a start, which are together in a file, would be on many pages.
_STRINGS = "-Wl,-O0"
# What a start calls of the libraries, which no training counts, is on few pages. Names that a build
# does not have do no harm.
_TOGETHER = f"-Wl,--symbol-ordering-file=../input/{_ORDER},--no-warn-symbol-ordering"
# As CPython's own files, whose inline functions are in ours. Without NDEBUG clang 22 let the loop
# over a tuple's items in frozen_code.c run past its end (tests/integration/test_frozen_code.py).
_COMPILE = ("-O2", "-g0", "-DNDEBUG", "-fno-strict-overflow")
_STDLIB = RUNTIME.parent / "stdlib"
_SCRIPTS = ("freeze.py", "pack_code.py", "statics.py", "texts.py", "embed.py")


def files() -> tuple[File, ...]:
    """Return the files of ours that the link uses."""
    return (
        *(our_file(_STDLIB / name, f"input/{name}") for name in _SCRIPTS),
        *(
            our_file(RUNTIME / name, f"input/{name}")
            for name in (*_OURS, _HEAD, _EMPTY, *_INCLUDED)
        ),
        *our_tree(RUNTIME / "modules", "input/modules"),
        *our_tree(RUNTIME / "exports", "input/exports"),
        *installed_package("tzdata", "input/tzdata", licences="input/licenses/tzdata"),
    )


def commands(
    target: Target, components: Sequence[Component], libc: Component, optimisation: Optimisation
) -> tuple[Command, ...]:
    """Freeze the library with an interpreter that runs here, then link."""
    release, minor = target.python, target.python.minor
    native = f"../native{PREFIX}/bin/python{minor}"
    library = f"../python{PREFIX}/lib/python{minor}"
    include = f"-I../python{PREFIX}/include/python{minor}"
    strings = f"../python{PREFIX}/include/python{minor}/internal/pycore_global_strings.h"
    freeze = Command(
        argv=(native, *_QUIET, "../input/freeze.py", ".", strings, library, "../input/modules"),
        # Constants that are sets would come in another order each time.
        env=(("PYTHONHASHSEED", "0"),),
    )
    refused = () if target.ca_bundle else ("--without-ca-bundle",)
    pack = ("../input/embed.py", *refused, ".", library, "../input/tzdata")
    embed = Command(argv=(native, *_QUIET, *pack))
    # One name a line becomes an lld dynamic list; libc and the Python API, and nothing else: a
    # wheel's own OpenSSL must not meet ours. Names that an architecture lacks do no harm.
    script = ("-e", "1i{", "-e", "s/$/;/", "-e", "$aPy*; _Py*;\\n};")
    names = tuple(f"../input/exports/{name}" for name in ("musl.txt", "musl-x86_64.txt"))
    exports = Command(argv=("sed", *script, *names), stdout="build/exports.list")
    name_libc = f'-DMUSL_VERSION="{libc.source.version}"'
    head = (_HEAD,) if target.link is Link.SELF_HOSTED else ()
    spare = (SPARE,) if target.bolt else ()
    ours = (*(f"../input/{name}" for name in (*_OURS, *head, *spare)), "frozen.c")
    # `.` for files.bin and frozen.bin, which an .incbin names.
    includes = (include, f"{include}/internal", "-I../input", "-I.")
    compile_ours = Command(argv=("cc", *_COMPILE, *includes, name_libc, "-c", *ours))
    # BOLT knows code by symbols and relocations, and leaves both out of what it writes.
    symbols = "--emit-relocs" if target.bolt else "--strip-all"
    archives = (f"libpython{minor}.a", *(_base(path) for path in release.static_archives))
    link = Command(
        argv=(
            "cc",
            "-o",
            f"../out/python{minor}",
            *(f"{_base(name).removesuffix('.c')}.o" for name in ours),
            *(f"../sysroot/lib/{name}" for c in components for name in c.objects),
            *(f"../python/link/{name}" for name in archives),
            *(f"-l{name}" for c in components for name in c.libraries),
            *_LINK[target.link],
            *((f"-Wl,--as-needed,{_SHARED}",) if target.fixed else ()),
            *optimisation.link,
            _STRINGS,
            _TOGETHER,
            # Of the Python API this alone is in an object that nothing else needs.
            f"-Wl,--undefined=Py_FrozenMain,{symbols}",
        ),
        env=(("FACTORY_LINK", "fixed" if target.fixed else target.link.value),),
    )
    licences = (
        Command(argv=("cp", "-R", "sysroot/share/licenses", "out/"), cwd="."),
        Command(argv=("cp", "-R", "python/share/licenses", "out/"), cwd="."),
        Command(argv=("cp", "-R", "input/licenses", "out/"), cwd="."),
    )
    beside = (_libc_beside(),) if target.link is Link.DYNAMIC else ()
    shared = (_shared(),) if target.fixed else ()
    first = (*optimisation.first, freeze, embed, exports, compile_ours)
    return (*first, *beside, *shared, link, *licences)


def _shared() -> Command:
    """Make a shared library without anything in it.

    Without any, lld takes it that what has a fixed address loads nothing, and makes neither
    .dynamic nor .dynsym.
    """
    return Command(argv=("cc", "-shared", "-o", _SHARED, f"../input/{_EMPTY}"))


def _libc_beside() -> Command:
    """Link musl's libc.so, as its own Makefile does, from the objects of the other links.

    compiler-rt is in it whole: it is one object with weak copies of memcpy() and others, which in
    the executable would win over those of libc.so.
    """
    return Command(
        argv=(
            *("cc", "-shared", "-o", f"../out/{LIBC}"),
            *("../sysroot/lib/dlstart.o", "../sysroot/lib/dynlink_shared.o"),
            "-Wl,--whole-archive,-lc_core,-lc_malloc,-lcompiler_rt,--no-whole-archive",
            "-Wl,--entry=_dlstart,--dynamic-list=../sysroot/lib/dynamic.list",
            f"-Wl,-soname={LIBC},--no-undefined,--strip-all",
        )
    )


def _base(path: str) -> str:
    return path.rsplit("/", 1)[-1]
