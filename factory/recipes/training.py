"""Train an instrumented interpreter; the result is one profile."""

from __future__ import annotations

from factory.catalog import PACKAGE, our_file
from factory.model.plan import Command, File
from factory.model.recipe import PythonRelease
from factory.recipes.cpython import PREFIX
from factory.recipes.optimisation import PROFILE

_WORKLOAD = "workload.py"
_COUNTS = "counts"
_TREE = f"python{PREFIX}/bin"
# A process adds its counts to those of a file that no other process holds; four are enough for the
# tests, which start several at a time.
# https://clang.llvm.org/docs/UsersManual.html#profiling-with-instrumentation
_POOL = "%4m.profraw"


def files() -> tuple[File, ...]:
    """Return the program that runs what CPython's own task leaves cold."""
    return (our_file(PACKAGE / "training" / _WORKLOAD, f"input/{_WORKLOAD}"),)


def commands(release: PythonRelease, ignored: tuple[str, ...]) -> tuple[Command, ...]:
    """Run CPython's own task without the tests that fail on musl, then ours, and merge."""
    environment = (
        ("LLVM_PROFILE_FILE", f"{{work}}/{_COUNTS}/{_POOL}"),
        ("PYTHONHASHSEED", "0"),
    )
    name = f"python{release.minor}"
    python = f"../{_TREE}/{name}"
    patterns = tuple(word for test in ignored for word in ("-i", test))
    return (
        Command(argv=("mkdir", _COUNTS), cwd="."),
        # With the whole library inside, in the tree that has the tests.
        Command(argv=("cp", f"interpreter/{name}", f"{_TREE}/"), cwd="."),
        Command(argv=(python, "-m", "test", "--pgo", *patterns), env=environment),
        Command(argv=(python, f"../input/{_WORKLOAD}"), env=environment),
        Command(argv=("profdata", "merge", f"--output=out/{PROFILE}", _COUNTS), cwd="."),
    )
