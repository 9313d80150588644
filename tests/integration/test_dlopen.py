"""musl's dynamic linker inside the executable, with C and C++ programs (tests/native/dlopen).

Each topic is an executable and libraries for it to load (native_programs.py makes them). They check
themselves: they print nothing and end with 0, or say what they wanted and found.

C++ is covered with a runtime that libraries share and with one inside of a library: exceptions
within a library, across libraries and through C of the executable, type information, `thread_local`
and static objects. What is only in libc++, such as `std::string`, is not covered here.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

from factory.model.arch import Arch
from factory.verify.elf import read_elf
from tests.integration.conftest import Factory
from tests.integration.native_programs import (
    HERE,
    SOURCES,
    STRICT,
    Library,
    Machine,
    Topic,
    copies,
    lib,
    named,
    open_machine,
)

pytestmark = pytest.mark.build

OTHER = {Arch.X86_64: Arch.AARCH64, Arch.AARCH64: Arch.X86_64}
# musl finds what a library needs by name only in the directories that the library names.
BESIDE = ("-L.", "-Wl,-rpath,$ORIGIN")
# Other than gcc, clang takes it that no one else's function takes the place of a library's own.
INTERPOSE = "-fsemantic-interposition"


def reporting(name: str, *needs: str, loads: str = "") -> Library:
    """One of the libraries of `order`."""
    return lib(
        "order_lib.c",
        f"-DNAME='{name}'",
        *([f'-DLOADS="{loads}"'] if loads else []),
        named(f"{name}.so"),
        "-Wl,-init=legacy_init,-fini=legacy_fini",
        *BESIDE,
        *(f"-l:{need}.so" for need in needs),
    )


ANSWER = lib("answer_lib.c", "-DANSWER=42")
TLS = {
    "second.so": Library(same_as="first.so"),
    "static.so": lib("tls_static_lib.c"),
    "own-static.so": lib("tls_static_lib.c", "-DOWN"),
}
FORMATS: Mapping[str, tuple[str, ...]] = {
    "plain.so": (),
    "sysv.so": ("--hash-style=sysv",),
    "gnu.so": ("--hash-style=gnu",),
    "relr.so": ("-z", "pack-relative-relocs"),
    "lazy.so": ("-z", "lazy"),
    "now.so": ("-z", "now"),
    "no-relro.so": ("-z", "norelro"),
    "stripped.so": ("--strip-all",),
    "symbolic.so": ("-Bsymbolic",),
    "large-pages.so": ("-z", "max-page-size=65536", "-z", "separate-code"),
}

TOPICS: Mapping[str, Topic] = {
    "tls": Topic(source="tls.c", libraries={"first.so": lib("tls_lib.c"), **TLS}),
    "order": Topic(
        source="order.c",
        libraries={
            "d.so": reporting("d"),
            "b.so": reporting("b", "d"),
            "c.so": reporting("c", "d"),
            "a.so": reporting("a", "b", "c"),
            "f.so": reporting("f"),
            "e.so": reporting("e", loads="./f.so"),
            "z.so": reporting("z"),
        },
    ),
    "callbacks": Topic(source="callbacks.c", libraries={"lib.so": lib("callbacks_lib.c")}),
    "malloc": Topic(source="malloc.c", libraries={"lib.so": lib("malloc_lib.c")}),
    "phdr": Topic(source="phdr.c", libraries={"lib.so": lib("phdr_lib.c")}),
    "fork": Topic(
        source="fork.c",
        libraries={
            "lib.so": lib("fork_lib.c"),
            "later.so": Library(same_as="lib.so"),
            **copies("lib.so", 20),
        },
    ),
    "threads": Topic(
        source="threads.c",
        libraries={"lib.so": lib("threads_lib.c"), **copies("lib.so", 40)},
    ),
    "stacks": Topic(source="stacks.c", libraries={"lib.so": lib("threads_lib.c")}),
    "inside": Topic(
        source="inside.c",
        libraries={
            "stub/inside.so": lib(
                "answer_lib.c", "-Danswer=inside_answer", "-DANSWER=0", named("libinside.so.1")
            ),
            "lib.so": lib("inside_lib.c", "-Lstub", "-l:inside.so"),
            "broken.so": lib("inside_lib.c", "-DMISSING", "-Lstub", "-l:inside.so"),
        },
    ),
    "exceptions": Topic(
        source="exceptions.c",
        libraries={
            "runtime.so": Library(flags=(named("runtime.so"),), runtime=True),
            "throw.so": lib("exceptions_throw.cc", *BESIDE, "-l:runtime.so", named("throw.so")),
            "catch.so": lib("exceptions_catch.cc", *BESIDE, "-l:throw.so", "-l:runtime.so"),
            "private.so": Library(source="exceptions_private.cc", runtime=True),
        },
        # What is thrown passes through frames of C, which need unwind tables for that.
        flags=("-fexceptions",),
    ),
}

# Topics that have tests of their own below.
HANDLES = Topic(
    source="handles.c",
    libraries={
        # Libraries of wheels name musl's file of their architecture.
        "stub/musl.so": lib("answer_lib.c", "-DANSWER=0", named("libc.musl-{machine}.so.1")),
        "lib.so": lib("handles_lib.c", "-DTAG=1", INTERPOSE, "-Lstub", "-l:musl.so"),
        "other.so": lib("handles_lib.c", "-DTAG=2", INTERPOSE),
    },
)
START = Topic(source="start.c", libraries={"answer.so": ANSWER})
DESCRIPTORS = Topic(
    source="tls.c", libraries={"first.so": lib("tls_lib.c", "-mtls-dialect=gnu2"), **TLS}
)
ERRORS = Topic(
    source="errors.c",
    libraries={
        "good.so": lib("errors_lib.c"),
        "undefined.so": lib("errors_lib.c", "-DMISSING=nobody_has_this"),
        "stub/libc.so.6": lib(
            "glibc_lib.c", named("libc.so.6"), f"-Wl,--version-script={SOURCES / 'glibc.map'}"
        ),
        "glibc.so": lib("errors_lib.c", "-DMISSING=gnu_get_libc_version", "-Lstub", "-l:libc.so.6"),
        "stub/libgcc_s.so": lib("answer_lib.c", "-DANSWER=0", named("libgcc_s.so.1")),
        "needs.so": lib("errors_lib.c", "-Lstub", "-l:libgcc_s.so"),
        "needs-glibc.so": lib("errors_lib.c", "-L.", "-l:glibc.so", "-Wl,-rpath,$ORIGIN"),
    },
)
SEARCH = Topic(
    source="search.c",
    libraries={
        **{
            f"{place}/libin-{place.replace('/', '-')}.so": lib("answer_lib.c", "-DANSWER=1")
            for place in ("lib", "lib64", "usr/lib", "usr/local/lib")
        },
        "own/libown.so": lib("answer_lib.c", "-DANSWER=12"),
        "bundle/libs/libbundled.so": lib(
            "answer_lib.c", "-Danswer=bundled_answer", "-DANSWER=11", named("libbundled.so")
        ),
        "bundle/module.so": lib(
            "search_lib.c", "-Lbundle/libs", "-l:libbundled.so", "-Wl,-rpath,$ORIGIN/libs"
        ),
        "stub/libin-lib.so": lib(
            "answer_lib.c", "-Danswer=bundled_answer", "-DANSWER=1", named("libin-lib.so")
        ),
        "bundle/lost.so": lib("search_lib.c", "-Lstub", "-l:libin-lib.so"),
    },
)
SECURE = Topic(source="secure.c", libraries={"libanswer.so": ANSWER})
LINKED_BY_HAND = Topic(source="formats.c", libraries={"provider.so": lib("provider_lib.c")})


@pytest.fixture(scope="module", params=list(Arch), ids=lambda arch: arch.machine)
def machine(request: pytest.FixtureRequest, factory: Factory) -> Iterator[Machine]:
    with open_machine(request.param, factory.cache) as opened:
        yield opened


# For what depends on the kernel and not on the architecture.
only_here = pytest.mark.parametrize(
    "machine", [HERE], indirect=True, ids=lambda arch: str(arch.machine)
)


anywhere_or_fixed = pytest.mark.parametrize("fixed", [False, True], ids=["pie", "fixed"])


@anywhere_or_fixed
@pytest.mark.parametrize("name", TOPICS)
def test_topic(machine: Machine, name: str, fixed: bool) -> None:
    machine.run(machine.build(name, TOPICS[name], fixed=fixed))


@anywhere_or_fixed
def test_handles(machine: Machine, fixed: bool) -> None:
    program = machine.build("handles", HANDLES, fixed=fixed)
    wanted = f"libc.musl-{machine.arch.machine}.so.1"
    assert read_elf(program.parent / "lib.so").needed == (wanted,)
    (program.parent / "link.so").symlink_to("lib.so")
    machine.run(program)


@anywhere_or_fixed
def test_executable_is_static_and_stripped(machine: Machine, fixed: bool) -> None:
    program = machine.build("start", START, fixed=fixed)
    facts = read_elf(program)
    assert (facts.interpreter, facts.needed) == (None, ())
    assert facts.type == ("EXEC" if fixed else "DYN")
    with program.open("rb") as file:
        assert ELFFile(file).get_section_by_name(".symtab") is None


def test_nothing_is_relocated_at_a_fixed_address(machine: Machine) -> None:
    assert relocations(machine.build("start", START))
    assert not relocations(machine.build("start", START, fixed=True))


# Clang's default for x86-64 is __tls_get_addr; aarch64 has nothing but TLS descriptors. The numbers
# are R_X86_64_DTPMOD64, R_X86_64_TLSDESC and R_AARCH64_TLSDESC of <elf.h>.
@pytest.mark.parametrize(
    ("machine", "name", "topic", "wanted"),
    [
        (Arch.X86_64, "tls", TOPICS["tls"], 16),
        (Arch.X86_64, "tls-descriptors", DESCRIPTORS, 36),
        (Arch.AARCH64, "tls", TOPICS["tls"], 1031),
    ],
    indirect=["machine"],
    ids=["x86_64-function", "x86_64-descriptors", "aarch64-descriptors"],
)
@anywhere_or_fixed
def test_thread_local_storage_by(
    machine: Machine, name: str, topic: Topic, wanted: int, fixed: bool
) -> None:
    program = machine.build(name, topic, fixed=fixed)
    found = relocation_types(program.parent / "first.so")
    assert found & {16, 36, 1031} == {wanted}
    machine.run(program)


def relocations(path: Path) -> int:
    """Return how many bytes of relocations there are."""
    kinds = ("SHT_RELA", "SHT_REL", "SHT_RELR")
    with path.open("rb") as file:
        sections = ELFFile(file).iter_sections()
        return sum(section["sh_size"] for section in sections if section["sh_type"] in kinds)


def relocation_types(path: Path) -> set[int]:
    with path.open("rb") as file:
        return {
            int(relocation["r_info_type"])
            for section in ELFFile(file).iter_sections()
            if isinstance(section, RelocationSection)
            for relocation in section.iter_relocations()
        }


@pytest.mark.parametrize(
    "name", ["", "/no/such/file", "--list", "-", "ldd", "a name\nwith a line", "x" * 5000]
)
def test_odd_names(machine: Machine, name: str) -> None:
    """argv[0] is whatever the caller likes; `ldd` and options mean something to musl's ld.so."""
    expected = {"START_ARGC": "3", "START_ARGV0": name}
    machine.run(
        machine.build("start", START), "--library-path", "", name=name, environment=expected
    )


def test_library_variables_are_for_the_host(machine: Machine) -> None:
    """LD_PRELOAD names a library that is not there, and one that is not ours, in silence."""
    program = machine.build("start", START)
    for preload in ("/nonexistent.so", *glibc_libraries(), str(program.parent / "answer.so")):
        machine.run(program, environment={"LD_PRELOAD": preload, "LD_LIBRARY_PATH": "/lib:."})


def glibc_libraries() -> list[str]:
    """Name some that this very Python has loaded; none where its libc is another one."""
    if platform.libc_ver()[0] != "glibc":
        return []
    lines = Path("/proc/self/maps").read_text().splitlines()
    paths = {line.split()[-1] for line in lines if line.split()[-1].startswith("/")}
    wanted = ("ld-linux", "libc.so", "libm.so", "libz.so")
    return sorted(path for path in paths if Path(path).name.startswith(wanted))


@only_here
@anywhere_or_fixed
def test_other_ways_to_start(machine: Machine, tmp_path: Path, fixed: bool) -> None:
    program = machine.build("start", START, fixed=fixed)
    machine.run(program, "again")
    shell = ("sh", "-c", 'ulimit -s "$(ulimit -H -s)"; exec "$@"', "sh")
    machine.run(program, enter=shell)
    machine.run(program, enter=("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"))
    machine.run(program, enter=("env", "-i"))
    # By a descriptor and without a file, as memfd_create() and execveat() do it.
    machine.run(program, enter=("sh", "-c", 'exec 5<"$1"; exec /proc/self/fd/5', "sh"))
    link = tmp_path / "link"
    link.symlink_to(program)
    machine.run(program, enter=(str(link),))
    machine.run(program, enter=("./main",))


@anywhere_or_fixed
def test_errors(machine: Machine, fixed: bool) -> None:
    program = machine.build("errors", ERRORS, fixed=fixed)
    place = program.parent
    (place / "empty.so").touch()
    (place / "text.so").write_text("no library\n" * 1000)
    (place / "directory.so").mkdir(exist_ok=True)
    source = str(SOURCES / "errors_lib.c")
    machine.call(place, "cc", "-c", "-fPIC", f"--target={OTHER[machine.arch].triple}", source)
    machine.call(place, "ld.lld", "-shared", "-o", "foreign.so", "errors_lib.o")
    (place / "header.so").write_bytes((place / "good.so").read_bytes()[:64])
    wanted = {
        "./missing.so": "No such file or directory",
        "missing.so": "No such file or directory",
        "./empty.so": "Exec format error",
        "./text.so": "Exec format error",
        "./header.so": "Error loading",
        "./directory.so": "Is a directory",
        "./undefined.so": "nobody_has_this: symbol not found",
        "./needs.so": "(needed by ./needs.so)",
        "./glibc.so": "was linked for glibc (GLIBC_2.2.5), and this program has musl inside",
        "./needs-glibc.so": "and this program has musl inside (needed by ./needs-glibc.so)",
        "./foreign.so": "Error",
    }
    machine.run(program, *(part for pair in wanted.items() for part in pair))


@only_here
def test_libraries_of_the_host(machine: Machine) -> None:
    found = glibc_libraries()
    if not found:
        pytest.skip("this machine's libc is not glibc")
    program = machine.build("errors", ERRORS)
    # ld.so itself wants no version of anything.
    wanted = {path: "?" if "ld-linux" in path else "was linked for glibc (" for path in found}
    machine.run(program, *(part for pair in wanted.items() for part in pair))


def test_no_memory(machine: Machine) -> None:
    machine.run(machine.build("no-memory", Topic(source="no_memory.c")))


def test_message_for_the_second_missing_library(machine: Machine) -> None:
    program = machine.build("errors", ERRORS)
    message = "No such file or directory"
    machine.run(program, "missing.so", message, "missing-too.so", message, "./needs.so", message)


@anywhere_or_fixed
def test_search(machine: Machine, fixed: bool) -> None:
    program = machine.build("search", SEARCH, fixed=fixed)
    environment = {
        "LD_LIBRARY_PATH": "/lib:/lib64:/usr/lib:/usr/local/lib",
        "LD_PRELOAD": "/lib/libin-lib.so",
        "LD_MUSL_LIBRARY_PATH": "/own",
    }
    enter = () if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user")
    machine.run(program, environment=environment, enter=enter)


@only_here
def test_secure(machine: Machine, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user and make it setuid")
    if os.statvfs(tmp_path).f_flag & os.ST_NOSUID:
        pytest.skip(f"{tmp_path} is mounted nosuid")
    built = machine.build("secure", SECURE)
    for name in ("main", "libanswer.so"):
        shutil.copy(built.parent / name, tmp_path)
    program = tmp_path / "main"
    tmp_path.chmod(0o755)
    os.chown(program, 65534, 65534)
    program.chmod(0o4755)
    environment = {
        "LD_MUSL_LIBRARY_PATH": str(tmp_path),
        "LD_PRELOAD": str(tmp_path / "libanswer.so"),
        "LD_LIBRARY_PATH": str(tmp_path),
    }
    machine.run(program, environment=environment)


@anywhere_or_fixed
def test_formats(machine: Machine, fixed: bool) -> None:
    """The driver's own options would come last, so the linker is called directly."""
    program = machine.build("formats", LINKED_BY_HAND, fixed=fixed)
    place = program.parent
    source = str(SOURCES / "formats_lib.c")
    machine.call(place, "cc", "-c", "-fPIC", *STRICT, "-o", "lib.o", source)
    for name, flags in FORMATS.items():
        machine.call(place, "ld.lld", "-shared", "-o", name, *flags, "lib.o")
    machine.call(place, "cc", "-c", "-fPIC", *STRICT, "-DLATER", "-o", "later.o", source)
    machine.call(place, "ld.lld", "-shared", "-z", "lazy", "-o", "later.so", "later.o")
    machine.run(program, *(f"./{name}" for name in FORMATS))
