"""The micro suite: single statements by CPU time (`probes/micro.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from factory.bench.contenders import Opened
from factory.bench.facts import Micro
from factory.bench.processes import ProcessError
from factory.bench.run import Row, Samples, Suite
from factory.bench.turns import take_turns
from factory.console import Console

_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class _Value:
    """What one process says of one statement."""

    loops: int
    seconds: tuple[float, ...]
    error: str


def measure_micro(
    statements: Sequence[Micro], contenders: Sequence[Opened], rounds: int, console: Console
) -> Iterator[Row]:
    """Take seconds of CPU time of each statement; what fails on one side is a warning."""
    console.note("micro rows: finding the number of loops")
    first = _process(contenders[0], statements, {}, 0)
    loops = {name: value.loops for name, value in first.items()}

    def once(one: Opened, number: int) -> dict[str, _Value]:
        return _process(one, statements, loops, number)

    found = take_turns(contenders, rounds, once, console=console, label="micro rows")
    for statement in statements:
        samples: dict[str, Samples] = {}
        for name, answers in found.items():
            values = [answer[statement.name] for answer in answers]
            for problem in {value.error for value in values if value.error}:
                console.warn(f"{name}: {statement.name}: {problem}")
            samples[name] = tuple(value.seconds for value in values if value.seconds)
        yield Row(
            suite=Suite.MICRO,
            name=statement.name,
            unit="s",
            samples=samples,
            program=statement.group,
        )


def _process(
    one: Opened, statements: Sequence[Micro], loops: dict[str, int], seed: int
) -> dict[str, _Value]:
    wanted = [[s.name, s.setup, s.code, loops.get(s.name, 0)] for s in statements]
    used = one.run("-s", one.probe("micro"), stdin=json.dumps(wanted), seconds=_SECONDS, seed=seed)
    out = used.expect(f"{one.name}: micro rows").out
    try:
        return {
            name: _Value(loops=loops, seconds=tuple(map(float, seconds)), error=error)
            for name, loops, seconds, error in json.loads(out)
        }
    except (ValueError, TypeError) as error:
        raise ProcessError(f"{one.name}: no micro rows in its output: {out[-200:]!r}") from error
