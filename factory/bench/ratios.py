"""Ratios between interpreters, with intervals.

Values of one process are alike for reasons of their own (addresses, hash seeds, neighbours on the
machine), so it is rounds that are drawn again for the interval, not single values; the same rounds
for both sides, since they ran side by side.
"""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from factory.bench.run import Row, Run, Samples, Suite

_DRAWS = 1000
_EDGE = 0.025  # of the draws on either side: an interval of 95 %


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One row against one peer; `low` and `high` hold 95 % of what drawing rounds anew gives.

    Of speeds (the peer's value by ours) or of costs (ours by the peer's), as the suite wants.
    """

    row: Row
    peer: str
    value: float
    low: float
    high: float

    @property
    def speed(self) -> float:
        """The ratio with more meaning better, whatever the suite."""
        return 1 / self.value if self.row.suite.as_cost else self.value

    @property
    def verdict(self) -> str:
        """`wins`, `loses`, or `even` where the interval has 1 in it."""
        if self.low <= 1 <= self.high:
            return "even"
        return "wins" if self.speed > 1 else "loses"


def middle(samples: Samples) -> float:
    """Return the median of all values."""
    return statistics.median(itertools.chain.from_iterable(samples))


def spread(samples: Samples) -> float:
    """Return the standard deviation of all values; 0 for a single one."""
    values = list(itertools.chain.from_iterable(samples))
    return statistics.stdev(values) if len(values) > 1 else 0.0


def ratio(row: Row, subject: str, peer: str) -> Ratio | None:
    """Compare one row; None where either side has no values."""
    ours, theirs = row.samples.get(subject, ()), row.samples.get(peer, ())
    if not any(ours) or not any(theirs):
        return None
    above, below = (ours, theirs) if row.suite.as_cost else (theirs, ours)
    low, high = _interval(above, below)
    return Ratio(row=row, peer=peer, value=middle(above) / middle(below), low=low, high=high)


def ratios(run: Run, suite: Suite, peer: str) -> tuple[Ratio, ...]:
    """Compare all rows of a suite with one peer, in their order."""
    found = (ratio(row, run.subject.name, peer) for row in run.of(suite))
    return tuple(one for one in found if one is not None)


def overall(found: Iterable[Ratio]) -> float | None:
    """Return the geometric mean of ratios; None of none."""
    values = [one.value for one in found]
    return statistics.geometric_mean(values) if values else None


def _interval(above: Samples, below: Samples) -> tuple[float, float]:
    draw = random.Random(0)  # the same report from the same file
    above, below = _drawable(above), _drawable(below)
    paired = len(above) == len(below)
    drawn = sorted(_drawn(above, below, draw, paired=paired) for _ in range(_DRAWS))
    return drawn[int(_EDGE * _DRAWS)], drawn[int((1 - _EDGE) * _DRAWS) - 1]


def _drawable(samples: Samples) -> Samples:
    """A single round gives its values to draw from: less than rounds, more than nothing."""
    return tuple((value,) for value in samples[0]) if len(samples) == 1 else samples


def _drawn(above: Samples, below: Samples, draw: random.Random, *, paired: bool) -> float:
    rounds = draw.choices(range(len(above)), k=len(above))
    others = rounds if paired else draw.choices(range(len(below)), k=len(below))
    return _picked(above, rounds) / _picked(below, others)


def _picked(samples: Samples, rounds: Sequence[int]) -> float:
    return middle(tuple(samples[index] for index in rounds))
