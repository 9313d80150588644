"""One run: what was measured, on what, and how it was called; to JSON and back.

All values are kept, by interpreter and by round, so that every figure of a report can be made
again from the file.
"""

from __future__ import annotations

import enum
import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from factory.errors import UsageError

FORMAT = 1
# Options that say where something is on the machine of the run.
_PLACES = ("--output", "--cache-dir")

Samples = tuple[tuple[float, ...], ...]


class Suite(enum.Enum):
    """What is measured, in the order in which it is shown; `value` is the name users type."""

    PROGRAMS = "programs"
    STARTUP = "startup"
    IMPORTS = "imports"
    MEMORY = "memory"
    SIZE = "size"
    MICRO = "micro"
    INSTRUCTIONS = "instructions"

    @property
    def as_cost(self) -> bool:
        """Whether a ratio says what ours costs of the peer's (lower is better), not its speed."""
        return self not in (Suite.PROGRAMS, Suite.MICRO)

    @property
    def title(self) -> str:
        """The heading in reports."""
        return _TITLES[self]


_TITLES = {
    Suite.PROGRAMS: "pyperformance",
    Suite.STARTUP: "Start-up",
    Suite.IMPORTS: "Imports",
    Suite.MEMORY: "Memory",
    Suite.SIZE: "Size",
    Suite.MICRO: "Micro rows",
    Suite.INSTRUCTIONS: "Instructions of start-up",
}


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One interpreter of a run; `details` is what it says of itself."""

    name: str
    version: str
    details: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that was measured on each interpreter.

    `samples` has, by the interpreter's name, one tuple for each round (or process) with the values
    in `unit` (`s`, `B` or `instructions`). `program` groups the rows of one program.
    """

    suite: Suite
    name: str
    unit: str
    samples: Mapping[str, Samples]
    program: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the subject's executable and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """A whole run; the first contender is the subject, the others are its peers."""

    command: tuple[str, ...]
    started: str
    seconds: float
    rounds: int
    quick: bool
    machine: Mapping[str, str]
    contenders: tuple[Contender, ...]
    rows: tuple[Row, ...]
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> Contender:
        """The interpreter that is compared with the others."""
        return self.contenders[0]

    @property
    def peers(self) -> tuple[Contender, ...]:
        """The interpreters that it is compared with."""
        return self.contenders[1:]

    @property
    def how(self) -> str:
        """The command as others would repeat it: without the places of this machine."""
        words = [
            word for word in self.command if not word.startswith(tuple(f"{o}=" for o in _PLACES))
        ]
        kept = [
            word
            for before, word in zip(("", *words), words, strict=False)
            if before not in _PLACES and word not in _PLACES
        ]
        return shlex.join(kept)

    def of(self, suite: Suite) -> tuple[Row, ...]:
        """Return the rows of one suite."""
        return tuple(row for row in self.rows if row.suite is suite)

    def as_json(self) -> dict[str, Any]:
        """Return what `load_run` reads."""
        data = {"format": FORMAT, **asdict(self)}
        for row in data["rows"]:
            row["suite"] = row["suite"].value
        return data


def load_run(path: Path) -> Run:
    """Read a run's file; UsageError when it is none, or of another format."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _run(data)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path}: no run of 'factory bench': {type(error).__name__}: {error}",
            hint="give the run.json that 'factory bench' wrote",
        ) from error


def _run(data: dict[str, Any]) -> Run:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}, wanted {FORMAT}")
    return Run(
        command=tuple(data["command"]),
        started=data["started"],
        seconds=data["seconds"],
        rounds=data["rounds"],
        quick=data["quick"],
        machine=dict(data["machine"]),
        contenders=tuple(Contender(**one) for one in data["contenders"]),
        rows=tuple(_row(one) for one in data["rows"]),
        parts=tuple(Part(**one) for one in data["parts"]),
        notes=tuple(data["notes"]),
    )


def _row(data: dict[str, Any]) -> Row:
    samples = {
        name: tuple(tuple(float(value) for value in values) for values in rounds)
        for name, rounds in data["samples"].items()
    }
    return Row(
        suite=Suite(data["suite"]),
        name=data["name"],
        unit=data["unit"],
        samples=samples,
        program=data["program"],
    )
