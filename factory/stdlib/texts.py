"""Find what modules of the library compile while they are imported.

Runs beside freeze.py. dataclasses and collections.namedtuple() write functions as text and compile
it, for the same classes in each process; patches/cpython/0021 has them ask for code that is there.
"""

import collections
import contextlib
import dataclasses
import importlib
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType

_USES = re.compile(rb"namedtuple\(|NamedTuple|@(?:dataclasses\.)?dataclass")


def compiled(modules: Iterable[tuple[str, Path, bool]]) -> list[tuple[str, CodeType]]:
    """Import each module that may do so, and return (text, its code), sorted.

    The code has the text as its last constant: whoever finds it can see that it is the right one.
    """
    found: dict[str, CodeType] = {}
    recorders = {
        (dataclasses, "exec"): _recorder(exec, found),
        (collections, "eval"): _recorder(eval, found),
    }
    for (module, name), recorder in recorders.items():
        setattr(module, name, recorder)  # before the built-in function of that name
    for name, file, _ in modules:
        if _USES.search(file.read_bytes()) and name not in ("dataclasses", "collections"):
            _import(name)
    for module, name in recorders:
        delattr(module, name)
    return sorted(found.items())


def _recorder(function: Callable[..., object], found: dict[str, CodeType]) -> Callable[..., object]:
    def record(text: object, *spaces: object) -> object:
        if isinstance(text, str):
            code = compile(text, "<string>", function.__name__, dont_inherit=True, optimize=0)
            found[text] = code.replace(co_consts=(*code.co_consts, text))
        return function(text, *spaces)

    return record


def _import(name: str) -> None:
    """Import a module anew; one that cannot be imported here compiles its texts as ever."""
    before = sys.modules.pop(name, None)
    with contextlib.suppress(Exception):
        importlib.import_module(name)
    if before is not None:
        sys.modules[name] = before
