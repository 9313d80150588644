"""Whose turn it is: A B B A, so that a drift of the machine hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from factory.bench.contenders import Opened
from factory.console import Console

Value = TypeVar("Value")


def in_turn(contenders: Sequence[Opened], rounds: int) -> Iterator[tuple[int, Opened]]:
    """Yield each contender once a round, in the other order every second time."""
    for number in range(rounds):
        order = contenders if number % 2 == 0 else contenders[::-1]
        yield from ((number, one) for one in order)


def take_turns(
    contenders: Sequence[Opened],
    rounds: int,
    measure: Callable[[Opened, int], Value],
    *,
    console: Console,
    label: str,
) -> dict[str, list[Value]]:
    """Measure each contender once a round, with a bar; returns values by name, in rounds' order."""
    found: dict[str, list[Value]] = {one.name: [] for one in contenders}
    with console.progress(label, rounds * len(contenders), unit="process") as bar:
        for number, one in in_turn(contenders, rounds):
            bar.describe(one.name)
            found[one.name].append(measure(one, number))
            bar.advance(1)
    return found
