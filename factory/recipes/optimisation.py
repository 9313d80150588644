"""What a compiler is told about CPython's own code, in each of the ways in which it is built.

The libraries below it gain nothing from this: their hot loops are assembler or plain C.
"""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from factory.model.plan import Command
from factory.model.recipe import PythonRelease
from factory.toolchains import Toolchain

# Where the profile of a training lies, in a work directory and among a training's outputs.
PROFILE = "python.profdata"
PROFILE_IN = f"profile/{PROFILE}"
# Code that the training did not reach, and code that is compiled otherwise for another
# architecture, is optimised without a profile.
_QUIET = ("-Wno-profile-instr-unprofiled", "-Wno-profile-instr-out-of-date", "-Wno-backend-plugin")
# Who is called at each place, and with what lengths: an interpreter calls much by pointer. Where
# counters run out, that is said on the standard error, which tests read.
_COUNTERS = ("-mllvm", "-vp-counters-per-site=8")
# How much a call that is hot may cost in size: a quarter of what clang takes by itself (8 and 4),
# which made functions of 90 kB, twice as much code of a start, and programs no faster.
# https://github.com/llvm/llvm-project/blob/main/llvm/lib/Analysis/InlineCost.cpp
_INLINING = ("-inline-savings-multiplier=2", "-inline-savings-profitable-multiplier=1")
# And in which order functions are called first, for the order in the executable.
# https://discourse.llvm.org/t/rfc-temporal-profiling-extension-for-irpgo/68068
_FIRST_CALLS = ("-mllvm", "-pgo-temporal-instrumentation")


@dataclass(frozen=True, kw_only=True)
class Optimisation:
    """Options of the compiler and of links.

    `first` runs before anything is linked; `link_first` is for the interpreter that CPython's build
    makes for its own use, `link` for the one that is handed out.
    """

    first: tuple[Command, ...] = ()
    configure: tuple[str, ...] = ()
    compile: tuple[str, ...] = ()
    link_first: tuple[str, ...] = ()
    link: tuple[str, ...] = ()


def plain(release: PythonRelease, toolchain: Toolchain) -> Optimisation:
    """Compile once."""
    return Optimisation(configure=_interpreter_loop(release, toolchain))


def instrumented(release: PythonRelease, toolchain: Toolchain) -> Optimisation:
    """Count how often each branch is taken.

    Counters of the intermediate representation, not of the source as configure's
    --enable-optimizations has it for clang: they know what was inlined before.
    https://clang.llvm.org/docs/UsersManual.html#profiling-with-instrumentation
    """
    count = ("-Wl,--undefined=__llvm_profile_runtime", "../sysroot/lib/libprofile_runtime.a")
    return Optimisation(
        first=(Command(argv=("copy-profile-runtime", "sysroot/lib"), cwd="."),),
        configure=_interpreter_loop(release, toolchain),
        compile=("-fprofile-generate", *_COUNTERS, *_FIRST_CALLS),
        link_first=count,
        link=count,
    )


def optimised(release: PythonRelease, toolchain: Toolchain) -> Optimisation:
    """Use the counts, and optimise across files (ThinLTO)."""
    thin = ("-flto=thin",)
    inlining = tuple(word for option in _INLINING for word in ("-mllvm", option))
    return Optimisation(
        configure=_interpreter_loop(release, toolchain),
        compile=(*thin, f"-fprofile-use=../{PROFILE_IN}", *_QUIET, *inlining),
        # What only builds is linked in seconds.
        link_first=(*thin, "-Wl,--lto-O0"),
        # Code that is never reached stays apart, and its pages out of memory.
        link=(
            *thin,
            "-Wl,--lto-O3,-z,keep-text-section-prefix",
            *(f"-Wl,-mllvm,{option}" for option in _INLINING),
            *_order(toolchain),
        ),
    )


def _order(toolchain: Toolchain) -> tuple[str, ...]:
    """Put together what a start calls: less of the file is then in memory."""
    sort = f"-Wl,--irpgo-profile=../{PROFILE_IN},--bp-startup-sort=function"
    return (sort,) if toolchain.capabilities.ordering else ()


def _interpreter_loop(release: PythonRelease, toolchain: Toolchain) -> tuple[str, ...]:
    tail_calls = toolchain.capabilities.tail_call and Version(release.minor) >= Version("3.14")
    return ("--with-tail-call-interp",) if tail_calls else ()
