"""Put the executable, alone, into an empty root directory and give the way to start it there."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from factory.errors import MachineError
from factory.verify.elf import read_elf
from factory.verify.interpreter import Interpreter, run


@dataclass(frozen=True, kw_only=True)
class EmptyRoot:
    """A root directory that holds the executable (and a static emulator if one is needed)."""

    directory: Path
    interpreter: Interpreter


def make_empty_root(interpreter: Interpreter) -> EmptyRoot:
    """Lay out the root directory; MachineError when this machine permits no such thing."""
    directory = Path(tempfile.mkdtemp(prefix="empty-root-", dir=interpreter.scratch))
    check_permission(directory, interpreter.scratch)
    (directory / "bin").mkdir()
    emulator = tuple(_put(Path(part), directory, static=True) for part in interpreter.prefix)
    executable = _put(Path(interpreter.executable), directory)
    inside = replace(interpreter, prefix=(*way_in(directory), *emulator), executable=executable)
    return EmptyRoot(directory=directory, interpreter=inside)


def way_in(directory: Path, *, show: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The command that enters a root directory.

    `show` maps paths of the host to the paths under which they are seen inside, which must exist.
    """
    script = Path(__file__).with_name("enter_root.py").read_text(encoding="utf-8")
    options = [part for path, inside in (show or {}).items() for part in ("--show", path, inside)]
    return (sys.executable, "-I", "-c", script, *options, str(directory))


def check_permission(directory: Path, scratch: Path) -> None:
    """Raise MachineError when this machine does not let us enter a root directory."""
    trial = run(way_in(directory), cwd=scratch, seconds=30)
    if not trial.clean:
        raise MachineError(f"no empty root directory can be entered: {trial.ending}")


def _put(program: Path, directory: Path, *, static: bool = False) -> str:
    """Copy a program to bin/ of the root directory and give its path there."""
    if static and read_elf(program).interpreter is not None:
        raise MachineError(f"{program.name} is not static, so an empty root cannot hold it")
    shutil.copy2(program.resolve(), directory / "bin" / program.name)
    return f"/bin/{program.name}"
