"""What a few recipes say, word by word, and what all of them must not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from factory.catalog import load_catalog
from factory.model.arch import Arch
from factory.model.plan import Command
from factory.model.recipe import BuildSystem, Component, PythonRelease, Source
from factory.model.target import Link, Profile, Target
from factory.planner import Request, make_plan
from factory.recipes import (
    autotools,
    bolt,
    compiler_rt,
    cpython,
    direct,
    interpreter,
    libffi,
    mimalloc,
    musl,
    ncurses,
    openssl,
    sqlite,
    training,
)
from factory.recipes.base import Platform, make_directories, option
from factory.recipes.optimisation import Optimisation
from factory.toolchains.zig import ZigToolchain

NATIVE = Platform(arch=Arch.X86_64, build_arch=Arch.X86_64)
CROSS = Platform(arch=Arch.AARCH64, build_arch=Arch.X86_64)


def component(build: BuildSystem, **options: Sequence[str]) -> Component:
    return Component(
        source=Source(name="x", version="1.2", archives=()),
        licence="MIT",
        licence_files=("LICENSE",),
        build=build,
        libraries=("x",),
        options={key: tuple(value) for key, value in options.items()},
    )


@pytest.fixture
def release() -> PythonRelease:
    return PythonRelease(
        source=Source(name="cpython", version="3.13.15", archives=()),
        licence="PSF-2.0",
        licence_files=("LICENSE",),
        components=("x",),
        static_archives=("Modules/_hacl/libHacl_Hash_SHA2.a", "Modules/expat/libexpat.a"),
        modules_left_out={},
    )


def argv(commands: Sequence[Command], *start: str) -> tuple[str, ...]:
    """Return the one command that starts with these words."""
    (found,) = (c.argv for c in commands if c.argv[: len(start)] == start)
    return found


def test_native_and_cross() -> None:
    assert not NATIVE.cross
    assert CROSS.cross
    assert NATIVE.configure_triples == ("--build=x86_64-linux-musl",)
    assert CROSS.configure_triples == (
        "--build=x86_64-linux-musl",
        "--host=aarch64-linux-musl",
    )


def test_options_of_all_and_of_one_architecture() -> None:
    facts = component(BuildSystem.DIRECT, cflags=["-a"], cflags_aarch64=["-b"])
    assert option(facts, "cflags", NATIVE) == ("-a",)
    assert option(facts, "cflags", CROSS) == ("-a", "-b")
    assert option(facts, "sources", CROSS) == ()


def test_make_directories() -> None:
    assert make_directories("out/a", "out/b") == Command(
        argv=("mkdir", "-p", "out/a", "out/b"), cwd="."
    )


def test_autotools_natively() -> None:
    facts = component(BuildSystem.AUTOTOOLS, configure=["--disable-nls"], cflags=["-DX=1"])
    configure, make, install = autotools.commands(facts, NATIVE)
    assert configure.argv == (
        *("../src/configure", "--prefix=/", "--build=x86_64-linux-musl", "--disable-nls"),
    )
    assert configure.cwd == "build"
    assert dict(configure.env) == {
        "CC": "cc",
        "AR": "ar",
        "RANLIB": "ranlib",
        "CFLAGS": "-O2 -g0 -DX=1",
    }
    assert make.argv == ("make",)
    assert install.argv == ("make", "install", "DESTDIR={work}/out")


def test_autotools_across() -> None:
    facts = component(
        BuildSystem.AUTOTOOLS, make=["-C", "src"], install=["-C", "src", "install"], links=["a:b"]
    )
    configure, make, install, link = autotools.commands(facts, CROSS)
    assert configure.argv == (
        *("../src/configure", "--prefix=/"),
        *("--build=x86_64-linux-musl", "--host=aarch64-linux-musl"),
    )
    assert make.argv == ("make", "-C", "src")
    assert install.argv == ("make", "-C", "src", "install", "DESTDIR={work}/out")
    assert link == Command(argv=("ln", "-s", "b", "a"), cwd="out/lib")


def test_ncurses_uses_the_tools_that_were_made_first() -> None:
    facts = component(
        BuildSystem.NCURSES, fallbacks=["ansi", "linux"], configure=["--enable-widec"]
    )
    configure, *rest = ncurses.commands(facts, NATIVE)
    assert configure.argv[-4:] == (
        "--enable-widec",
        "--with-fallbacks=ansi,linux",
        "--with-tic-path={work}/first/tic",
        "--with-infocmp-path={work}/first/infocmp",
    )
    assert tuple(rest) == autotools.commands(facts, NATIVE)[1:]
    kept = argv(ncurses.tools(), "cp")
    assert kept == ("cp", "progs/tic", "progs/infocmp", "../out/")
    across = ncurses.commands(facts, CROSS)[0]
    assert across.argv[-1] == "--with-build-cc=build-cc"


def test_direct_compiles_archives_and_copies() -> None:
    facts = component(
        BuildSystem.DIRECT,
        sources=["src/one.c", "lib/two.S"],
        sources_aarch64=["arm.c"],
        cflags=["-DX"],
        headers=["include/x.h", "include/y.h.in:sub/y.h"],
        library=["libx.a"],
    )
    compile_all, archive, plain, folder, renamed = direct.commands(facts, CROSS)
    assert compile_all.argv == (
        *("cc", "-O2", "-g0", "-DX", "-c"),
        *("../src/src/one.c", "../src/lib/two.S", "../src/arm.c"),
    )
    assert archive.argv == ("ar", "rcs", "../out/lib/libx.a", "one.o", "two.o", "arm.o")
    assert plain.argv == ("cp", "../src/include/x.h", "../out/include/x.h")
    assert folder == make_directories("out/include/sub")
    assert renamed.argv == ("cp", "../src/include/y.h.in", "../out/include/sub/y.h")


def test_direct_objects_lie_in_one_directory() -> None:
    """Two sources of one name would overwrite each other's object."""
    catalog = load_catalog()
    for facts in catalog.components.values():
        if facts.build in (BuildSystem.DIRECT, BuildSystem.LIBFFI):
            for arch in Arch:
                platform = Platform(arch=arch, build_arch=arch)
                stems = [PurePosixPath(s).stem for s in option(facts, "sources", platform)]
                assert stems
                assert len(stems) == len(set(stems)), facts.name


def test_libffi_fills_in_its_header() -> None:
    facts = component(
        BuildSystem.LIBFFI,
        ffi_target_aarch64=["AARCH64"],
        sources=["a.c"],
        library=["libffi.a"],
    )
    fill_in, *rest = libffi.commands(facts, CROSS)
    assert fill_in.argv[0] == "sed"
    assert "s/@TARGET@/AARCH64/g" in fill_in.argv
    assert "s/@VERSION@/1.2/g" in fill_in.argv
    assert "s/@FFI_VERSION_NUMBER@/10200/g" in fill_in.argv
    assert (fill_in.argv[-1], fill_in.stdout) == ("../src/include/ffi.h.in", "src/include/ffi.h")
    assert tuple(rest) == direct.commands(facts, CROSS)


def test_openssl_is_told_the_target() -> None:
    facts = component(BuildSystem.OPENSSL, configure=["no-shared"])
    commands = openssl.commands(facts, CROSS)
    assert argv(commands, "perl") == (
        *("perl", "../src/Configure", "linux-aarch64", "--prefix=/", "--libdir=lib", "no-shared"),
    )
    assert argv(commands, "make", "install_dev")[-1] == "DESTDIR={work}/out"


def test_musl_removes_only_what_is_replaced() -> None:
    facts = component(BuildSystem.MUSL, replaced_x86_64=["src/string/x86_64/memcpy.s"])
    first, second, *_ = musl.commands(facts, NATIVE)
    assert first == Command(argv=("rm", "src/string/x86_64/memcpy.s"), cwd="src")
    assert second.argv == ("../src/configure", "--prefix=/", "--target=x86_64-linux-musl")
    assert musl.commands(facts, CROSS)[0].argv[-1] == "--target=aarch64-linux-musl"


def test_compiler_rt_is_for_the_target() -> None:
    build = argv(compiler_rt.commands(CROSS), "zig-build-lib")
    assert build[build.index("-target") + 1] == "aarch64-linux-musl"
    assert build[-1] == "-femit-bin=../out/lib/libcompiler_rt.a"


def test_mimalloc_is_one_object_under_other_names() -> None:
    rename, compile_it = mimalloc.commands(component(BuildSystem.MIMALLOC, cflags=["-DMI"]), CROSS)
    assert (rename.argv[0], rename.cwd) == ("find", "src")
    assert "-DMI" in compile_it.argv
    assert compile_it.argv[-2:] == ("-o", "../out/lib/mimalloc.o")


def test_sqlite_is_compiled_from_the_amalgamation() -> None:
    compile_it, *_ = sqlite.commands(component(BuildSystem.SQLITE, cflags=["-DS"]), CROSS)
    assert compile_it.argv[:4] == ("cc", "-O2", "-g0", "-DS")
    assert "../first/sqlite3.c" in compile_it.argv
    assert argv(sqlite.amalgamation(), "make") == ("make", "sqlite3.c", "sqlite3.h")


def test_cpython_natively(release: PythonRelease) -> None:
    commands = cpython.commands(release, NATIVE, Optimisation())
    configure = argv(commands, "../src/configure")
    assert {"--prefix=/install", "--build=x86_64-linux-musl", "--disable-shared"} <= set(configure)
    assert not [word for word in configure if word.startswith(("--host", "--with-build-python"))]
    assert argv(commands, "cp") == (
        *("cp", "libpython3.13.a", "Modules/_hacl/libHacl_Hash_SHA2.a"),
        *("Modules/expat/libexpat.a", "../out/link/"),
    )


def test_cpython_across(release: PythonRelease) -> None:
    (configure,) = (
        c for c in cpython.commands(release, CROSS, Optimisation()) if "configure" in c.argv[0]
    )
    assert "--host=aarch64-linux-musl" in configure.argv
    assert "--with-build-python=../native/install/bin/python3.13" in configure.argv
    answers = {name for name, _ in configure.env if name.startswith("ac_cv_")}
    assert "ac_cv_file__dev_ptmx" in answers
    (native,) = (
        c for c in cpython.commands(release, NATIVE, Optimisation()) if "configure" in c.argv[0]
    )
    assert not [name for name, _ in native.env if name.startswith("ac_cv_")]


def test_configure_never_asks_pkg_config(release: PythonRelease) -> None:
    """It does, unless both variables of a library are set and not empty."""
    (configure,) = (
        c for c in cpython.commands(release, NATIVE, Optimisation()) if "configure" in c.argv[0]
    )
    libraries = {n.removesuffix("_LIBS") for n, _ in configure.env if n.endswith("_LIBS")}
    flags = {n.removesuffix("_CFLAGS"): v for n, v in configure.env if n.endswith("_CFLAGS")}
    assert libraries == flags.keys()
    assert {"ZLIB", "LIBFFI", "LIBSQLITE3"} <= libraries
    assert all(flags.values())


def test_the_link_takes_objects_archives_and_libraries(release: PythonRelease) -> None:
    facts = replace(component(BuildSystem.MIMALLOC), objects=("x.o",), libraries=("x", "y"))
    libc = component(BuildSystem.MUSL)
    commands = interpreter.commands(
        Target(python=release, arch=Arch.X86_64), [facts], libc, Optimisation()
    )
    link = argv(commands, "cc", "-o")
    assert link[2] == "../out/python3.13"
    wanted = [
        *("main.o", "frozen.o", "../sysroot/lib/x.o", "../python/link/libpython3.13.a"),
        *("../python/link/libHacl_Hash_SHA2.a", "../python/link/libexpat.a", "-lx", "-ly"),
    ]
    assert [word for word in link if word in wanted] == wanted
    assert '-DMUSL_VERSION="1.2"' in argv(commands, "cc", "-O2")


def test_freezing_is_done_by_the_python_that_runs_here(release: PythonRelease) -> None:
    target = Target(python=release, arch=Arch.X86_64)
    freeze, embed = interpreter.commands(target, [], component(BuildSystem.MUSL), Optimisation())[
        :2
    ]
    assert freeze.argv[0] == embed.argv[0] == "../native/install/bin/python3.13"
    library = "../python/install/lib/python3.13"
    strings = "../python/install/include/python3.13/internal/pycore_global_strings.h"
    assert freeze.argv[-5:] == ("../input/freeze.py", ".", strings, library, "../input/modules")
    assert dict(freeze.env) == {"PYTHONHASHSEED": "0"}
    assert embed.argv[-4:] == ("../input/embed.py", ".", library, "../input/tzdata")


def test_certificates_can_be_refused(release: PythonRelease) -> None:
    for wanted in (True, False):
        target = Target(python=release, arch=Arch.X86_64, ca_bundle=wanted)
        embed = interpreter.commands(target, [], component(BuildSystem.MUSL), Optimisation())[1]
        assert ("--without-ca-bundle" in embed.argv) is not wanted


def test_what_the_link_is_given_is_all_there() -> None:
    files = {file.into for file in interpreter.files()}
    assert {"input/main.c", "input/factory_library.c", "input/freeze.py", "input/embed.py"} <= files
    assert "input/modules/_factory_library.py" in files
    assert {"input/tzdata/zoneinfo/Europe/Berlin", "input/licenses/tzdata/LICENSE"} <= files


@pytest.mark.parametrize("link", Link)
def test_links_differ_in_exports_and_in_the_libc_beside(release: PythonRelease, link: Link) -> None:
    target = Target(python=release, arch=Arch.X86_64, link=link)
    commands = interpreter.commands(target, [], component(BuildSystem.MUSL), Optimisation())
    (command,) = (one for one in commands if one.argv[:2] == ("cc", "-o"))
    assert dict(command.env) == {"FACTORY_LINK": link.value}
    exports = "-Wl,--dynamic-list=exports.list" in command.argv
    assert exports is (link is not Link.STATIC)
    loader = "-Wl,--dynamic-linker=/install/lib/libc.so" in command.argv
    made = [one for one in commands if one.argv[:4] == ("cc", "-shared", "-o", "../out/libc.so")]
    assert loader is bool(made) is ("../out/libc.so" in command.argv) is (link is Link.DYNAMIC)


@pytest.mark.parametrize("pie", [True, False])
def test_a_link_at_a_fixed_address_sees_a_shared_library(release: PythonRelease, pie: bool) -> None:
    target = Target(python=release, arch=Arch.X86_64, pie=pie)
    commands = interpreter.commands(target, [], component(BuildSystem.MUSL), Optimisation())
    shared = [one for one in commands if one.argv[:2] == ("cc", "-shared")]
    (link,) = (one for one in commands if one.argv[:2] == ("cc", "-o"))
    assert dict(link.env) == {"FACTORY_LINK": "self-hosted" if pie else "fixed"}
    if pie:
        assert not shared
        assert not [word for word in link.argv if "as-needed" in word]
    else:
        (made,) = shared
        assert made.argv[2:] == ("-o", "empty.so", "../input/empty.c")
        assert "-Wl,--as-needed,empty.so" in link.argv
        assert commands.index(made) < commands.index(link)
        assert "input/empty.c" in {file.into for file in interpreter.files()}


def test_what_bolt_takes_apart_has_relocations_and_a_spare_header(release: PythonRelease) -> None:
    for wanted in (True, False):
        target = Target(python=release, arch=Arch.X86_64, profile=Profile.RELEASE, bolt=wanted)
        commands = interpreter.commands(target, [], component(BuildSystem.MUSL), Optimisation())
        (link,) = (one for one in commands if one.argv[:2] == ("cc", "-o"))
        (compiled,) = (one for one in commands if "-c" in one.argv)
        assert ("-Wl,--undefined=Py_FrozenMain,--emit-relocs" in link.argv) is wanted
        assert ("-Wl,--undefined=Py_FrozenMain,--strip-all" in link.argv) is not wanted
        assert ("spare.o" in link.argv) is ("../input/spare.c" in compiled.argv) is wanted


def test_bolt_counts_in_the_work_directory_and_merges(release: PythonRelease) -> None:
    commands = bolt.training_commands(release, ("test_locale",))
    (rewrite,) = (one for one in commands if one.argv[0] == "bolt")
    assert rewrite.argv[:4] == ("bolt", "../interpreter/python3.13", "-o", "python3.13")
    assert "-instrumentation-file={work}/counts/python" in rewrite.argv
    python = "../native/install/bin/python3.13"
    runs = [one.argv[1:] for one in commands if one.argv[0] == python and one.env]
    assert runs[0] == ("-m", "test", "--pgo", "-i", "test_locale")
    assert runs[1] == ("../input/training/workload.py",)
    assert runs[2:] == list(training.STARTS)
    assert commands[-1].argv == ("merge-fdata", "-o", "out/python.fdata", "counts")


def test_bolt_leaves_the_table_of_headers_where_it_is(release: PythonRelease) -> None:
    rewrite, finish, licences = bolt.commands(release)
    assert {"-use-gnu-stack", "-remove-symtab", "-bolt-info=0"} <= set(rewrite.argv)
    assert "-data=../profile/python.fdata" in rewrite.argv
    assert finish.argv[-2:] == ("../interpreter/python3.13", "../out/python3.13")
    assert finish.argv[-3] in {f"../{file.into}" for file in bolt.files()}
    assert licences.argv[-1] == "out/"
    for command in (rewrite, *bolt.training_commands(release, ())):
        if command.argv[0] == "bolt":
            (skip,) = (word for word in command.argv if word.startswith("-skip-funcs="))
            assert {"factory_start", "factory_check_end"} <= set(skip.partition("=")[2].split(","))


def all_commands() -> list[Command]:
    catalog = load_catalog()
    plan = make_plan(
        Request(
            targets=tuple(Target(python=r, arch=a) for r in catalog.releases for a in Arch),
            build_arch=Arch.X86_64,
            toolchain=ZigToolchain(version="1", zig=interpreter.files()[0].path),
            interpreter_files=(),
        ),
        catalog,
    )
    return [command for action in plan.actions for command in action.commands]


def test_no_recipe_names_a_place_of_this_machine() -> None:
    """A path in a recipe is relative, below {work}, or inside the result."""
    inside = ("/install", "/build", "/etc/", "/lib/", "/usr/share", "/usr/lib")
    commands = all_commands()
    assert len(commands) > 100
    for command in commands:
        for word in (*command.argv, *(value for _, value in command.env)):
            for path in word.replace("=", " ").replace(":", " ").replace('"', " ").split():
                if path.startswith("/"):
                    assert path.startswith(inside) or path == "/", command


def test_every_command_runs_inside_the_work_directory() -> None:
    for command in all_commands():
        assert not command.cwd.startswith(("/", ".."))
        assert command.stdout is None or not command.stdout.startswith(("/", ".."))
