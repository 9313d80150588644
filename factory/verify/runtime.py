"""Checks that start the interpreter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from factory.errors import MachineError
from factory.model.report import Finding
from factory.verify.case import Case, Say
from factory.verify.empty_root import make_empty_root
from factory.verify.interpreter import PROBES, Interpreter, RunError
from factory.verify.policy import Policy

_BATCH = 120


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who the interpreter says it is."""

    version: str
    minor: str
    implementation: str
    platform: str
    machine: str
    builtin: frozenset[str]


def identify(interpreter: Interpreter) -> Identity:
    """Ask the interpreter who it is; RunError when it cannot say."""
    said = json.loads(interpreter.ask("identity", seconds=20)[0].detail)
    return Identity(**{**said, "builtin": frozenset(said["builtin"])})


def check_version(case: Case, say: Say) -> Iterator[Finding]:
    """The interpreter is the CPython that the names of file and archive say."""
    found, label = identify(case.interpreter), case.dist.label
    wrong = []
    if label and found.version != label.version:
        wrong.append(f"it is Python {found.version}, but the name says {label.version}")
    if case.dist.root and not case.dist.executable.name.startswith(f"python{found.minor}"):
        wrong.append(f"it is Python {found.version}, but is named {case.dist.executable.name}")
    if (found.implementation, found.platform) != ("cpython", "linux"):
        wrong.append(f"it is {found.implementation} on {found.platform}, not cpython on linux")
    if case.arch and found.machine != case.arch.machine:
        wrong.append(f"platform.machine() is {found.machine}, not {case.arch.machine}")
    for message in wrong:
        yield say.error(message)
    if not wrong:
        yield say.ok(f"CPython {found.version} on {found.platform}, {found.machine}")


def check_extension_modules(case: Case, say: Say) -> Iterator[Finding]:
    """Every promised extension module is built in."""
    found = identify(case.interpreter)
    promised = case.dist.promised
    if promised is None:
        promised = case.policy.promised(found.version)
    missing = promised - found.builtin
    if missing:
        yield say.error(f"promised but not built in: {', '.join(sorted(missing))}")
    else:
        further = len(found.builtin - promised)
        yield say.ok(f"all {len(promised)} promised are built in, and {further} more")


def check_imports(case: Case, say: Say) -> Iterator[Finding]:
    """Every module of the standard library imports."""
    yield from _import_everything(case.interpreter, case.policy, say, "imported")


def _import_everything(
    interpreter: Interpreter, policy: Policy, say: Say, word: str
) -> Iterator[Finding]:
    names: list[str] = json.loads(interpreter.ask("module_names")[0].detail)
    wanted = [name for name in names if policy.imports(name)]
    failures = [
        failure
        for start in range(0, len(wanted), _BATCH)
        for failure in _import_failures(interpreter, wanted[start : start + _BATCH])
    ]
    for failure in failures:
        yield say.error(failure)
    if not failures:
        left_out = len(names) - len(wanted)
        yield say.ok(f"{len(wanted)} modules {word}; {left_out} left out by the policy")


def _import_failures(interpreter: Interpreter, names: list[str]) -> Iterator[str]:
    """Import in one process; when that dies, halve the batch until the culprit is alone."""
    try:
        yield from (
            answer.detail for answer in interpreter.ask("imports", *names) if not answer.passed
        )
    except RunError as error:
        if len(names) == 1:
            yield f"{names[0]}: {error.message}"
            return
        middle = len(names) // 2
        yield from _import_failures(interpreter, names[:middle])
        yield from _import_failures(interpreter, names[middle:])


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """One command line for the empty root, and what its output must contain."""

    arguments: tuple[str, ...]
    says: str
    stdin: str = ""


_TRIALS = (
    _Trial(arguments=("-I", "-S", "-c", "print('hello')"), says="hello"),
    _Trial(arguments=("-c", "import ctypes, json, sqlite3, ssl; print('hello')"), says="hello"),
    _Trial(arguments=("-m", "platform"), says="Linux"),
    _Trial(arguments=("-m", "json.tool", "--compact"), stdin='{"a": 1}', says='{"a":1}'),
    _Trial(arguments=("-",), stdin="import asyncio\nprint('hello')\n", says="hello"),
    _Trial(arguments=("-c", "import threading, tempfile, zoneinfo; print('hello')"), says="hello"),
)


def check_empty_root(case: Case, say: Say) -> Iterator[Finding]:
    """The executable works as the only file of a root directory, and says nothing odd."""
    root = make_empty_root(case.interpreter)
    failed = False
    for trial in _TRIALS:
        outcome = root.interpreter.run(*trial.arguments, stdin=trial.stdin)
        shown = " ".join(trial.arguments)
        if not outcome.clean or trial.says not in outcome.stdout:
            failed = True
            yield say.error(f"{shown}: {outcome.ending}")
        elif outcome.stderr:
            failed = True
            yield say.error(f"{shown}: said on standard error: {outcome.stderr.strip()[-400:]}")
    if not failed:
        yield say.ok(f"{len(_TRIALS)} programs ran, alone in a root directory, and were quiet")
        yield from _import_everything(root.interpreter, case.policy, say, "imported there")
        yield from _probe(root.interpreter, say, "terminal_types")


def check_tls(case: Case, say: Say) -> Iterator[Finding]:
    """TLS 1.2 and 1.3 handshakes with a local server work, and bad certificates are refused."""
    pem = (PROBES / "localhost.pem").read_text(encoding="ascii")
    yield from _probe(case.interpreter, say, "tls", pem)


def check_sqlite(case: Case, say: Say) -> Iterator[Finding]:
    """SQLite has full-text search, R-trees, JSON, math and loadable extensions."""
    yield from _probe(case.interpreter, say, "sqlite")


def check_ctypes(case: Case, say: Say) -> Iterator[Finding]:
    """C code calls back into Python."""
    yield from _probe(case.interpreter, say, "foreign_functions")


def check_curses(case: Case, say: Say) -> Iterator[Finding]:
    """A screen can be set up on a pseudo-terminal."""
    yield from _probe(case.interpreter, say, "screen")


def check_libraries(case: Case, say: Say) -> Iterator[Finding]:
    """Compression, hashes, decimals, UUIDs, XML, line editing and time give right results."""
    yield from _probe(case.interpreter, say, "libraries")


def check_threads(case: Case, say: Say) -> Iterator[Finding]:
    """Threads get large stacks and survive deep recursion."""
    yield from _probe(case.interpreter, say, "threads")


def check_processes(case: Case, say: Say) -> Iterator[Finding]:
    """subprocess and multiprocessing start the interpreter again."""
    need_children(case)
    yield from _probe(case.interpreter, say, "processes")


def need_children(case: Case) -> None:
    """Raise MachineError when the interpreter cannot start itself on this machine."""
    if not case.interpreter.starts_children:
        raise MachineError("the kernel starts no program of this architecture (no binfmt_misc)")


def _probe(interpreter: Interpreter, say: Say, name: str, *arguments: str) -> Iterator[Finding]:
    """Turn the answers of a probe into one finding per failure, or one with all evidence."""
    answers = interpreter.ask(name, *arguments)
    failures = [answer for answer in answers if not answer.passed]
    for answer in failures:
        yield say.error(f"{answer.question}: {answer.detail}")
    if not failures:
        yield say.ok("; ".join(_evidence(answer.question, answer.detail) for answer in answers))


def _evidence(question: str, detail: str) -> str:
    return f"{question.replace('_', ' ')}: {detail}"
