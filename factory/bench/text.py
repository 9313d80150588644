"""A run as one text table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from factory.bench.ratios import Ratio
from factory.bench.run import Run
from factory.bench.tables import NOTHING, Line, sections, summaries


def text(run: Run) -> str:
    """Lay out all that a run found in columns of plain text."""
    lines = [f"{one.name}: {one.details}" for one in run.contenders]
    lines.append(", ".join(f"{key}: {value}" for key, value in run.machine.items()))
    for section in sections(run):
        lines += ["", f"{section.suite.title} ({section.meaning})"]
        lines += _columns([_heads(run), *(_cells(line) for line in section.lines)])
    if totals := list(_totals(run)):
        lines += ["", "In all", *_columns([_TOTAL, *totals])]
    if run.parts:
        lines += ["", "The executable", *_columns([_part(one.name, one.size) for one in run.parts])]
    return "\n".join([*lines, *(["", *run.notes] if run.notes else [])])


_TOTAL = ("suite", "peer", "geometric mean", "wins", "even", "loses", "worst row")


def _totals(run: Run) -> Iterator[tuple[str, ...]]:
    for one in summaries(run):
        counts = (str(one.wins), str(one.even), str(one.loses))
        worst = f"{one.worst.value:.2f} {one.worst.row.name}"
        yield (one.suite.title, one.peer, f"{one.mean:.3f}", *counts, worst)


def _part(name: str, size: int) -> tuple[str, ...]:
    return (name, f"{size / 1e6:.2f} MB")


def _heads(run: Run) -> tuple[str, ...]:
    peers = (word for peer in run.peers for word in (peer.name, "ratio", "95 %", ""))
    return ("row", run.subject.name, *peers)


def _cells(line: Line) -> tuple[str, ...]:
    cells = [line.name, line.values[0]]
    for value, found in zip(line.values[1:], line.ratios, strict=True):
        cells += [value, *_judged(found)]
    return tuple(cells)


def _judged(found: Ratio | None) -> tuple[str, str, str]:
    if found is None:
        return (NOTHING, "", "")
    return (f"{found.value:.3f}", f"{found.low:.2f}-{found.high:.2f}", found.verdict)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
