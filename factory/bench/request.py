"""What a run is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from factory.bench.run import Suite
from factory.errors import UsageError

_QUICK = (Suite.PROGRAMS, Suite.STARTUP, Suite.IMPORTS, Suite.INSTRUCTIONS)
_ROUNDS, _QUICK_ROUNDS = 6, 2


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is wanted; `symbols` is a map or unstripped copy of the subject's executable."""

    subject: str
    peers: tuple[str, ...]
    suites: tuple[Suite, ...]
    programs: tuple[str, ...] = ()
    full: bool = False
    quick: bool = False
    rounds: int
    profile: str = "fast"
    symbols: Path | None = None
    command: tuple[str, ...] = ()


def usual_suites(*, quick: bool) -> tuple[Suite, ...]:
    """Return the suites of a run that names none."""
    return _QUICK if quick else tuple(s for s in Suite if s is not Suite.INSTRUCTIONS)


def usual_rounds(given: int | None, *, quick: bool) -> int:
    """Return the number of rounds; UsageError for none at all."""
    if given is not None and given < 1:
        raise UsageError(f"--rounds: wanted 1 or more, found {given}")
    return given or (_QUICK_ROUNDS if quick else _ROUNDS)
