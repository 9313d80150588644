"""CPython as a static library plus its installed tree; recipes/interpreter.py links the result."""

from __future__ import annotations

from factory.model.plan import Command
from factory.model.recipe import PythonRelease
from factory.recipes.base import Platform, make_directories
from factory.recipes.optimisation import Optimisation

# The prefix that tools such as uv look for and rewrite in a standalone Python's sysconfig.
PREFIX = "/install"

# Both variables of a pair must be set and not empty, or configure asks pkg-config.
_LIBRARIES = {
    "ZLIB": "-lz",
    "BZIP2": "-lbz2",
    "LIBLZMA": "-llzma",
    "LIBZSTD": "-lzstd",
    "LIBFFI": "-lffi",
    "LIBSQLITE3": "-lsqlite3",
    "LIBUUID": "-luuid",
    "LIBMPDEC": "-lmpdec",
    "LIBEDIT": "-ledit -lncursesw",
    "CURSES": "-lncursesw",
    "PANEL": "-lpanelw -lncursesw",
}
_FOUND_HEADERS = {"LIBUUID": "-I../sysroot/include/uuid", "CURSES": "-D_XOPEN_SOURCE_EXTENDED=1"}

# What configure finds by running programs, which a cross build cannot.
_CROSS_ANSWERS = (
    ("ac_cv_file__dev_ptmx", "yes"),
    ("ac_cv_file__dev_ptc", "no"),
    ("ac_cv_buggy_getaddrinfo", "no"),
    ("ac_cv_working_tzset", "yes"),
    ("ac_cv_computed_gotos", "yes"),
)


def commands(
    release: PythonRelease, platform: Platform, optimisation: Optimisation
) -> tuple[Command, ...]:
    """Configure, make, install below out/install, and keep the archives for the link."""
    copy = ("cp", f"libpython{release.minor}.a", *release.static_archives, "../out/link/")
    # `make install` would compile every module three times; the executable has them all frozen.
    install = Command(argv=("make", "altinstall", "DESTDIR={work}/out", "COMPILEALL_OPTS=--help"))
    # What the installation imported was compiled all the same, with our path inside.
    caches = ("-type", "d", "-name", "__pycache__", "-prune")
    no_bytecode = Command(
        argv=("find", "out/install", *caches, "-exec", "rm", "-r", "{}", "+"), cwd="."
    )
    return (
        make_directories("out/link"),
        *optimisation.first,
        _configure(release, platform, optimisation),
        Command(argv=("make",)),
        install,
        no_bytecode,
        _hide_work_directory(),
        Command(argv=copy),
    )


def _configure(release: PythonRelease, platform: Platform, optimisation: Optimisation) -> Command:
    options = (
        f"--prefix={PREFIX}",
        *platform.configure_triples,
        "--disable-shared",
        "--without-ensurepip",
        "--with-system-libmpdec",
        "--with-readline=editline",
        "--with-openssl=../sysroot",
        "--enable-loadable-sqlite-extensions",
        "--with-pkg-config=no",
        *optimisation.configure,
    )
    cross = (
        (f"--with-build-python=../native{PREFIX}/bin/python{release.minor}",)
        if platform.cross
        else ()
    )
    environment = (
        ("CC", "cc"),
        ("CXX", "c++"),
        ("AR", "ar"),
        ("RANLIB", "ranlib"),
        ("CFLAGS", "-g0"),
        ("OPT", "-DNDEBUG -O3 -Wall"),
        # For CPython's own code: extensions that others compile do not get these.
        ("CFLAGS_NODIST", " ".join(optimisation.compile)),
        # Of these two, one is for what runs while CPython is built.
        ("LDFLAGS_NODIST", " ".join(optimisation.link_first)),
        ("LDFLAGS_NOLTO", " ".join(optimisation.link_first)),
        # Every line of Modules/Setup.stdlib is built in, where it need not be shared.
        ("MODULE_BUILDTYPE", "static"),
        *((f"{name}_LIBS", libraries) for name, libraries in _LIBRARIES.items()),
        *((f"{name}_CFLAGS", _FOUND_HEADERS.get(name, " ")) for name in _LIBRARIES),
        *(_CROSS_ANSWERS if platform.cross else ()),
    )
    return Command(argv=("../src/configure", *options, *cross), env=environment)


def _hide_work_directory() -> Command:
    """Put a fixed name where configure recorded its absolute directories."""
    files = ("(", "-name", "_sysconfig*", "-o", "-name", "Makefile", ")")
    return Command(
        argv=(
            "find",
            "out/install",
            *files,
            "-exec",
            "sed",
            "-i",
            f"s,{{work}}/,{PREFIX}/,g",
            "{}",
            "+",
        ),
        cwd=".",
    )
