"""Rewrite a linked interpreter after what it did: BOLT, a second training of the code itself.

`--emit-relocs` links what BOLT can take apart. It is made to count, runs, and is then written again
with the blocks that run in a row, and those that do not elsewhere.
https://github.com/llvm/llvm-project/blob/main/bolt/README.md
"""

from __future__ import annotations

from factory.catalog import PACKAGE, RUNTIME, our_file
from factory.model.plan import Command, File
from factory.model.recipe import PythonRelease
from factory.recipes.cpython import PREFIX
from factory.recipes.training import STARTS, WORKLOAD, task

SPARE = "spare.c"
# Where the profile lies among a training's outputs and in the work directory of what uses it.
PROFILE = "python.fdata"
PROFILE_IN = f"profile/{PROFILE}"
_FINISH = "finish.py"
_COUNTS = "counts"
# The code of start.c stays in the file's first pages, where a file that was cut off has it, too.
# Our loops over memory (runtime/musl) stay as the compiler has aligned them. libffi's assembler
# makes its own stack frames: with counters in it, a call of ctypes is a crash.
LEFT_ALONE = (
    *("factory_start", "factory_check_end", "loaded_end/.*", "call/.*"),
    "(search|compare|move|fill|measure)_(sse2|avx2)/.*",
    "ffi_.*",
)
# Pages of code have their usual size: with large ones up to 4 MiB of the file would be empty.
_BOTH = ("-no-huge-pages", f"-skip-funcs={','.join(LEFT_ALONE)}")
_LAYOUT = (
    *("-reorder-blocks=ext-tsp", "-reorder-functions=cdsort"),
    *("-split-functions", "-split-all-cold"),
)


def files() -> tuple[File, ...]:
    """Return the files of ours that the steps use, that of the link among them."""
    return (
        our_file(PACKAGE / "bolt" / _FINISH, f"input/{_FINISH}"),
        our_file(RUNTIME / SPARE, f"input/{SPARE}"),
    )


def training_commands(release: PythonRelease, ignored: tuple[str, ...]) -> tuple[Command, ...]:
    """Make the interpreter count, let it do what the first training did, and merge.

    All of that: a loop that only CPython's own task runs would be torn apart, and be three times as
    slow. Every process writes what it has counted when it ends.
    """
    python = f"python{release.minor}"
    tree = f"native{PREFIX}/bin"
    into = (f"-instrumentation-file={{work}}/{_COUNTS}/python", "-instrumentation-file-append-pid")
    # The runtime reads tables in the file itself; not everywhere /proc says where that is.
    itself = f"-instrumentation-binpath={{work}}/{tree}/{python}"
    environment = (("PYTHONHASHSEED", "0"),)
    runs = (task(ignored), (f"../{WORKLOAD}",), *STARTS)
    return (
        Command(argv=("mkdir", _COUNTS), cwd="."),
        _bolt(python, python, "-instrument", *into, itself),
        _finish(release, python),
        # In the tree that has the tests, where it has frozen the library before.
        Command(argv=("cp", python, f"../{tree}/")),
        *(Command(argv=(f"../{tree}/{python}", *words), env=environment) for words in runs),
        Command(argv=("merge-fdata", "-o", f"out/{PROFILE}", _COUNTS), cwd="."),
    )


def commands(release: PythonRelease) -> tuple[Command, ...]:
    """Write the interpreter again, for the profile in `profile/`."""
    python = f"python{release.minor}"
    rewritten = f"../out/{python}"
    return (
        _bolt(
            python,
            rewritten,
            f"-data=../{PROFILE_IN}",
            *_LAYOUT,
            # Or the table of program headers would be behind the code, at the end of the file.
            "-use-gnu-stack",
            # The command line is nobody's business.
            *("-remove-symtab", "-bolt-info=0"),
        ),
        _finish(release, rewritten),
        Command(argv=("cp", "-R", "interpreter/licenses", "out/"), cwd="."),
    )


def _bolt(python: str, into: str, *options: str) -> Command:
    return Command(argv=("bolt", f"../interpreter/{python}", "-o", into, *_BOTH, *options))


def _finish(release: PythonRelease, rewritten: str) -> Command:
    python = f"python{release.minor}"
    native = f"../native{PREFIX}/bin/{python}"
    program = ("-s", "-S", "-B", f"../input/{_FINISH}")
    return Command(argv=(native, *program, f"../interpreter/{python}", rewritten))
