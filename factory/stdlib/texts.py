"""Find what modules of the library compile while they are imported.

Runs beside freeze.py. dataclasses and collections.namedtuple() write functions as text and compile
it, for the same classes in each process, and re compiles the same expressions. What comes of it is
inside the executable; patches/cpython/0021 and 0023 have these modules ask for it.
"""

import collections
import contextlib
import dataclasses
import importlib
import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]
from types import CodeType, SimpleNamespace
from typing import Any

_USES = re.compile(rb"namedtuple\(|NamedTuple|@(?:dataclasses\.)?dataclass|\bre\b")
# What imports, and what is asked here, does not bear a second copy of itself.
_LEFT_OUT = re.compile(r"importlib\._bootstrap(_external)?|re(\..*)?|enum|(.*\.)?__main__")
# https://docs.python.org/3/library/audit_events.html
_PROGRAMS = re.compile(r"subprocess\.Popen|os\.(exec|fork|posix_spawn|spawn|system)")


def compiled(modules: Iterable[tuple[str, Path, bool]]) -> list[tuple[str, CodeType]]:
    """Import each module that may do so, and return (text, its code), sorted.

    The code has the text as its last constant: whoever finds it can see that it is the right one.
    """
    found: dict[str, CodeType] = {}
    with _recorded(found), _without_programs():
        for name, file, _ in modules:
            if not _LEFT_OUT.fullmatch(name) and _USES.search(file.read_bytes()):
                _import(name)
    return sorted(found.items())


@contextlib.contextmanager
def _without_programs() -> Iterator[None]:
    """Let no import start a program: what that says is true of this machine alone.

    _ios_support asks a compiler and a linker for libobjc, and compiles an expression for the answer
    of those that are there.
    """
    importing = True

    def refuse(event: str, _: object) -> None:
        if importing and _PROGRAMS.fullmatch(event):
            raise PermissionError(f"{event}: while modules are imported to be recorded")

    sys.addaudithook(refuse)  # for good: there is no way to take it back
    try:
        yield
    finally:
        importing = False


@contextlib.contextmanager
def _recorded(found: dict[str, CodeType]) -> Iterator[None]:
    """Have the modules that compile tell us what."""
    compile_expression, sre = _compiler.compile, _compiler._sre
    calls: list[tuple[Any, ...]] = []
    # Before the built-in functions of these names.
    dataclasses.exec = _text_recorder(exec, found)  # type: ignore[attr-defined]
    collections.eval = _text_recorder(eval, found)  # type: ignore[attr-defined]
    _compiler.compile = _expression_recorder(compile_expression, calls, found)
    _compiler._sre = _listening(sre, calls)
    try:
        yield
    finally:
        _compiler.compile, _compiler._sre = compile_expression, sre
        del dataclasses.exec, collections.eval  # type: ignore[attr-defined]


def _text_recorder(
    function: Callable[..., object], found: dict[str, CodeType]
) -> Callable[..., object]:
    def record(text: object, *spaces: object) -> object:
        if isinstance(text, str):
            code = compile(text, "<string>", function.__name__, dont_inherit=True, optimize=0)
            found[text] = code.replace(co_consts=(*code.co_consts, text))
        return function(text, *spaces)

    return record


def _expression_recorder(
    function: Callable[..., Any], calls: list[tuple[Any, ...]], found: dict[str, CodeType]
) -> Callable[..., Any]:
    """Record what _sre.compile() gets: flags, instructions, groups and their names."""

    def record(expression: object, flags: int = 0) -> object:
        made = function(expression, flags)
        if type(expression) in (str, bytes):
            _, all_flags, code, groups, index, names = calls[-1]
            facts = (all_flags, array("I", code).tobytes(), groups, tuple(index.items()), names)
            text = f"re {flags:d} {expression!r}"
            found[text] = compile("0", "<re>", "eval").replace(co_consts=(facts, text))
        return made

    return record


def _listening(sre: Any, calls: list[tuple[Any, ...]]) -> SimpleNamespace:
    """Make an _sre whose compile() keeps its arguments."""

    def compile_instructions(*arguments: Any) -> object:
        calls.append(arguments)
        return sre.compile(*arguments)

    known = {name: getattr(sre, name) for name in dir(sre)}
    return SimpleNamespace(**known | {"compile": compile_instructions})


def _import(name: str) -> None:
    """Import a module anew; one that cannot be imported here compiles as ever."""
    before = sys.modules.pop(name, None)
    re.purge()
    with contextlib.suppress(Exception):
        importlib.import_module(name)
    if before is not None:
        sys.modules[name] = before
