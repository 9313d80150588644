"""Programs in C and C++ for our musl: an executable and the libraries that it loads.

They are made with the factory's own toolchain, and linked as the interpreter is linked: the pieces
of musl, mimalloc as the only malloc, libc exported, stripped.

The factory builds no libc++. A C++ runtime for exceptions, type information, `new` and
`thread_local` is made here, from the sources of libc++abi and libunwind in the `ziglang` wheel.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from factory.catalog import RUNTIME
from factory.console import Console
from factory.engines.local import LocalSession
from factory.model.arch import Arch
from factory.model.plan import Command
from factory.model.recipe import Source
from factory.pipeline import Pipeline, Selection, Surroundings
from factory.sources.mirror import split_mirrors
from factory.toolchains.zig import find_zig
from tests.integration.conftest import PYTHONS

SOURCES = Path(__file__).resolve().parents[1] / "native" / "dlopen"
HERE = Arch.parse(platform.machine())
STRICT = ("-O2", "-Wall", "-Wextra", "-Werror")
TIMEOUT = 60

# What the C++ runtime is made of.
CXXABI = (
    *("abort_message", "cxa_aux_runtime", "cxa_default_handlers", "cxa_exception"),
    *("cxa_exception_storage", "cxa_guard", "cxa_handlers", "cxa_personality"),
    *("cxa_thread_atexit", "cxa_virtual", "fallback_malloc", "private_typeinfo"),
    *("stdlib_exception", "stdlib_new_delete", "stdlib_typeinfo"),
)
UNWIND = (
    *("UnwindLevel1.c", "UnwindLevel1-gcc-ext.c"),
    *("UnwindRegistersRestore.S", "UnwindRegistersSave.S"),
)


@dataclass(frozen=True, kw_only=True)
class Library:
    """How one library is made, or which other one's file is copied.

    `{machine}` in a flag is the architecture's name; `runtime` puts the C++ runtime into it.
    """

    source: str = ""
    flags: tuple[str, ...] = ()
    same_as: str = ""
    runtime: bool = False


def lib(source: str, *flags: str) -> Library:
    return Library(source=source, flags=flags)


def copies(name: str, count: int) -> dict[str, Library]:
    """Other files are other libraries."""
    return {f"copy{number}.so": Library(same_as=name) for number in range(count)}


def named(soname: str) -> str:
    return f"-Wl,-soname={soname}"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """An executable from `source` and its libraries, in an order in which they can be linked."""

    source: str
    libraries: Mapping[str, Library] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A work directory with the toolchain, musl and mimalloc for one architecture.

    `emulator` runs its programs where they are not this machine's own.
    """

    arch: Arch
    session: LocalSession
    emulator: str | None = None

    def call(self, directory: Path, *argv: str, link: str = "self-hosted") -> None:
        """Run one of the toolchain's programs as the factory would."""
        cwd = str(directory.relative_to(self.session.work))
        with tempfile.TemporaryFile() as log:
            env = (("FACTORY_LINK", link),)
            code = self.session.run(Command(argv=argv, cwd=cwd, env=env), log)
            log.seek(0)
            assert code == 0, f"{argv}:\n{log.read(3000).decode(errors='replace')}"

    def build(self, name: str, topic: Topic, *, fixed: bool = False) -> Path:
        """Compile a topic, once; return the executable, whose libraries are beside it.

        It has a fixed address, or is a static-pie.
        """
        link = "fixed" if fixed else "self-hosted"
        directory = self.session.work / "build" / link / name
        program = directory / "main"
        if program.exists():
            return program
        directory.mkdir(parents=True)
        if any(library.runtime for library in topic.libraries.values()):
            self._build_runtime(directory / "runtime")
        for path, library in topic.libraries.items():
            self._build_library(directory, path, library)
        names = (RUNTIME / "exports" / "musl.txt").read_text().split()
        exports = "".join(f"{symbol};\n" for symbol in (*names, "host_*"))
        (directory / "exports.list").write_text(f"{{\n{exports}}};\n")
        shared: tuple[str, ...] = ()
        if fixed:
            self.call(directory, "cc", "-shared", "-o", "shared.so", str(RUNTIME / "empty.c"))
            shared = ("-Wl,--as-needed,shared.so",)
        self.call(
            directory,
            *("cc", *STRICT, *topic.flags, "-o", "main", str(SOURCES / topic.source)),
            "{work}/sysroot/lib/mimalloc.o",
            *("-Wl,--dynamic-list=exports.list", *shared, "-Wl,--strip-all"),
            link=link,
        )
        return program

    def _build_library(self, directory: Path, name: str, library: Library) -> None:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if library.same_as:
            shutil.copyfile(directory / library.same_as, path)
            return
        flags = [flag.replace("{machine}", self.arch.machine) for flag in library.flags]
        if library.runtime:
            flags += sorted(map(str, directory.glob("runtime/*.o")))
        source = [str(SOURCES / library.source)] if library.source else []
        language = cxx_flags() if library.source.endswith(".cc") else ()
        self.call(
            directory,
            *("cc", "-shared", "-fPIC", *STRICT, *language, "-o", name, *source, *flags),
        )

    def _build_runtime(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        place = zig_library()
        options = ("-c", "-w", "-O1", "-fPIC", "-D_LIBUNWIND_IS_SOURCES_ONLY")
        building = (
            *("-DLIBCXX_BUILDING_LIBCXXABI", "-D_LIBCXXABI_BUILDING_LIBRARY"),
            *("-D_LIBCPP_BUILDING_LIBRARY", "-DLIBCXXABI_NON_DEMANGLING_TERMINATE"),
            f"-I{place}/libcxx/src",
        )
        self.call(
            directory,
            *("cc", *options, *cxx_flags(), *building),
            *(f"{place}/libcxxabi/src/{name}.cpp" for name in CXXABI),
            *(f"{place}/libcxx/src/{name}.cpp" for name in ("exception", "new_handler")),
            f"{place}/libunwind/src/libunwind.cpp",
        )
        self.call(
            directory,
            *("cc", *options, "-fexceptions", f"-I{place}/libunwind/include"),
            *(f"{place}/libunwind/src/{name}" for name in UNWIND),
        )

    def run(
        self,
        program: Path,
        *arguments: str,
        name: str | None = None,
        environment: Mapping[str, str] | None = None,
        enter: tuple[str, ...] = (),
    ) -> None:
        """Run a program beside its libraries: it says nothing, and ends with 0.

        `name` is its argv[0]; `enter` is a command that starts it. No process is left behind.
        """
        known = {"PROGRAM": str(program), **(environment or {})}
        assigned = [f"{key}={value}" for key, value in known.items()]
        argv = [*enter, str(program), *arguments]
        # LD_PRELOAD and the like are not for the emulator's loader, nor for that of `enter`.
        if self.emulator:
            before = [part for assignment in assigned for part in ("-E", assignment)]
            before += ["-0", name] if name is not None else []
            argv = [*enter, self.emulator, *before, str(program), *arguments]
        elif enter and environment:
            argv = [*enter, "env", *assigned, str(program), *arguments]
        elif name is not None:
            argv = [name, *arguments]
        with subprocess.Popen(
            argv,
            executable=program if name is not None and not self.emulator else None,
            cwd=program.parent,
            env={"PATH": os.defpath, **({} if self.emulator or enter else known)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=TIMEOUT)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        if process.returncode or said:
            pytest.fail(f"{argv} ended with {process.returncode}:\n{said}")


@contextlib.contextmanager
def open_machine(arch: Arch, cache: Path) -> Iterator[Machine]:
    """Build musl and mimalloc with the factory, and lay them out as for any other action."""
    runs = emulator(arch)
    surroundings = Surroundings(
        cache_dir=cache,
        output=cache / "dist",
        mirrors=split_mirrors(os.environ.get("FACTORY_SOURCE_MIRROR", "")),
        offline=False,
        jobs=len(os.sched_getaffinity(0)),
    )
    pipeline = Pipeline(surroundings, Console())
    plan = pipeline.plan(Selection(pythons=PYTHONS[:1], arches=(arch.machine,)))
    named = {action.name: action for action in plan.actions}
    parts = [named[f"{part}-{arch.machine}"] for part in ("compiler-rt", "musl", "mimalloc")]
    missing = tuple(action for action in parts if pipeline.cache.find(action.key) is None)
    if missing:
        pipeline.fetch(tuple(a.source for a in missing if isinstance(a.source, Source)))
    with pipeline.runner() as runner:
        runner.run(missing)
        with runner.engine.session(parts[-1]) as session:
            assert isinstance(session, LocalSession)
            for file in parts[-1].files:
                session.put(file.path, file.into, executable=file.executable)
            for action in parts:
                archive = pipeline.cache.find(action.key)
                assert archive
                session.put_tree(archive, "sysroot")
            yield Machine(arch=arch, session=session, emulator=runs)


def emulator(arch: Arch) -> str | None:
    """Find the program that runs another architecture's programs; without it, tests fail."""
    if arch is HERE:
        return None
    names = (f"{arch.value.qemu}-static", arch.value.qemu)
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"neither {names[0]} nor {names[1]} is installed (Debian: qemu-user-static)"
    return found


def zig_library() -> Path:
    return find_zig().zig.parent / "lib"


def cxx_flags() -> tuple[str, ...]:
    """Return what the headers of libc++ want to know; an installed one has it in __config_site."""
    place = zig_library()
    settings = {
        "ABI_VERSION": "1",
        "ABI_NAMESPACE": "__1",
        "ASSERTION_SEMANTIC_DEFAULT": "_LIBCPP_ASSERTION_SEMANTIC_IGNORE",
        "HARDENING_MODE_DEFAULT": "_LIBCPP_HARDENING_MODE_NONE",
        "HAS_FILESYSTEM": "1",
        "HAS_LOCALIZATION": "1",
        "HAS_MONOTONIC_CLOCK": "1",
        "HAS_MUSL_LIBC": "1",
        "HAS_THREADS": "1",
        "HAS_UNICODE": "1",
        "HAS_VENDOR_AVAILABILITY_ANNOTATIONS": "0",
        "HAS_WIDE_CHARACTERS": "1",
    }
    return (
        *("-std=c++23", "-nostdinc++"),
        *(f"-D_LIBCPP_{name}={value}" for name, value in settings.items()),
        *(f"-I{place}/{name}/include" for name in ("libcxx", "libcxxabi", "libunwind")),
    )
