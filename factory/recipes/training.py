"""Train an instrumented interpreter; the result is one profile."""

from __future__ import annotations

from factory.catalog import PACKAGE, our_tree
from factory.model.plan import Command, File
from factory.model.recipe import PythonRelease
from factory.recipes.cpython import PREFIX
from factory.recipes.optimisation import PROFILE

_SCRIPTS = "input/training"
WORKLOAD = f"{_SCRIPTS}/workload.py"
_COUNTS, _STARTS = "counts", "starts"
_TREE = f"python{PREFIX}/bin"
# What is traced as a start; its functions are put together.
STARTS = (
    ("-I", "-c", "pass"),
    ("-c", "import asyncio, json, http.client, email.message, ssl"),
)
# One file for each process: with the order of first calls they cannot be added up while they run.
# https://clang.llvm.org/docs/UsersManual.html#profiling-with-instrumentation
_EACH = "%p.profraw"


def files() -> tuple[File, ...]:
    """Return the program that runs what CPython's own task leaves cold."""
    return our_tree(PACKAGE / "training", _SCRIPTS)


def commands(release: PythonRelease, ignored: tuple[str, ...]) -> tuple[Command, ...]:
    """Run CPython's own task without the tests that fail on musl, then ours, and merge."""
    environment = _environment(f"{_COUNTS}/{_EACH}")
    name = f"python{release.minor}"
    python = f"../{_TREE}/{name}"
    return (
        Command(argv=("mkdir", _COUNTS, _STARTS), cwd="."),
        # With the whole library inside, in the tree that has the tests.
        Command(argv=("cp", f"interpreter/{name}", f"{_TREE}/"), cwd="."),
        Command(argv=(python, *task(ignored)), env=environment),
        Command(argv=(python, f"../{WORKLOAD}"), env=environment),
        *(
            Command(argv=(python, *start), env=_environment(f"{_STARTS}/{number}.profraw"))
            for number, start in enumerate(STARTS)
        ),
        # The order in which tests call functions first says nothing of a start.
        _merge("counts.profdata", "--temporal-profile-trace-reservoir-size=0", _COUNTS),
        _merge(f"out/{PROFILE}", "counts.profdata", _STARTS),
    )


def task(ignored: tuple[str, ...]) -> tuple[str, ...]:
    """Return the arguments of CPython's own task."""
    return ("-m", "test", "--pgo", *(word for test in ignored for word in ("-i", test)))


def _environment(place: str) -> tuple[tuple[str, str], ...]:
    return (("LLVM_PROFILE_FILE", f"{{work}}/{place}"), ("PYTHONHASHSEED", "0"))


def _merge(into: str, *what: str) -> Command:
    return Command(argv=("profdata", "merge", f"--output={into}", *what), cwd=".")
