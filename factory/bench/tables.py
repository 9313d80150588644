"""A run as tables, for every kind of report: the same figures in text, Markdown and HTML."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from factory.bench.ratios import Ratio, middle, overall, ratio, ratios, spread
from factory.bench.run import Row, Run, Samples, Suite

_SCALES = {
    "s": ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")),
    "B": ((1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB")),
    "instructions": ((1.0, ""), (1e6, "M")),
}
NOTHING = "-"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row: the values of all interpreters, and the ratio to each peer (None: no value)."""

    name: str
    values: tuple[str, ...]
    ratios: tuple[Ratio | None, ...]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A suite against one peer in one line."""

    suite: Suite
    peer: str
    mean: float
    worst: Ratio
    wins: int
    even: int
    loses: int


@dataclass(frozen=True, kw_only=True)
class Section:
    """One suite's table."""

    suite: Suite
    lines: tuple[Line, ...]

    @property
    def meaning(self) -> str:
        """What its ratios say."""
        if self.suite.as_cost:
            return "ratio: ours by the peer's, less is better"
        return "ratio: the peer's time by ours, more is better"


def sections(run: Run) -> tuple[Section, ...]:
    """Lay out every suite that was run."""
    found = ((suite, run.of(suite)) for suite in Suite)
    return tuple(
        Section(suite=suite, lines=tuple(_line(run, row) for row in rows))
        for suite, rows in found
        if rows
    )


def summaries(run: Run) -> Iterator[Summary]:
    """Sum up each suite against each peer, by rows that share one clock."""
    for suite in Suite:
        for peer in run.peers:
            found = [one for one in ratios(run, suite, peer.name) if _counts(one.row)]
            mean = overall(found)
            if mean is None:
                continue
            verdicts = [one.verdict for one in found]
            yield Summary(
                suite=suite,
                peer=peer.name,
                mean=mean,
                worst=min(found, key=lambda one: one.speed),
                wins=verdicts.count("wins"),
                even=verdicts.count("even"),
                loses=verdicts.count("loses"),
            )


def losses(run: Run) -> tuple[Ratio, ...]:
    """Return every row that loses against some peer, the worst first."""
    found = (one for s in Suite for peer in run.peers for one in ratios(run, s, peer.name))
    return tuple(sorted((r for r in found if r.verdict == "loses"), key=lambda one: one.speed))


def shown(value: float, unit: str) -> str:
    """Write a value as people do: three digits, in the unit that suits it."""
    scales = _SCALES[unit]
    factor, name = next((s for s in reversed(scales) if abs(value) >= s[0]), scales[0])
    scaled = value / factor
    digits = max(0, 2 - math.floor(math.log10(abs(scaled)))) if scaled else 0
    return f"{scaled:.{digits}f} {name}".strip()


def _counts(row: Row) -> bool:
    """Whether a row goes into a mean: wall time and parts of a whole would count things twice."""
    return not row.name.endswith(("(wall)", "(of it anonymous)"))


def _line(run: Run, row: Row) -> Line:
    return Line(
        name=row.name if row.program in ("", row.name) else f"{row.program}: {row.name}",
        values=tuple(_value(row.samples.get(one.name, ()), row.unit) for one in run.contenders),
        ratios=tuple(ratio(row, run.subject.name, peer.name) for peer in run.peers),
    )


def _value(samples: Samples, unit: str) -> str:
    if not any(samples):
        return NOTHING
    center, deviation = middle(samples), spread(samples)
    if not deviation or not center:
        return shown(center, unit)
    return f"{shown(center, unit)} ±{100 * deviation / center:.0f}%"
