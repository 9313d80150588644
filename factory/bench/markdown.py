"""A run as a page of the documentation, all of it from the run's file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from factory.bench.ratios import Ratio
from factory.bench.run import Run, Suite
from factory.bench.tables import NOTHING, Section, losses, sections, summaries

_HEAD = """\
# Benchmarks

<!-- Written by `factory bench report`; a change here is lost with the next run. -->

What stands here is one run on one machine, its interpreters taking turns. A ratio's interval holds
95 % of what drawing the rounds anew gives; a row whose interval has 1 in it is called even. How it
is measured: [performance](performance.md).
"""


def markdown(run: Run) -> str:
    """Write the page; rows that lose are named first and marked in the tables, too."""
    blocks = [_HEAD, *_conditions(run), "## In all\n", _table(*_summary(run)), *_losing(run)]
    for section in sections(run):
        blocks += [f"## {section.suite.title}\n", _caption(section), _table(*_rows(run, section))]
    if run.parts:
        blocks += ["## The executable\n", _table(*_parts(run))]
    return "\n".join(blocks)


def _conditions(run: Run) -> Iterator[str]:
    if run.quick or run.rounds < 4:
        yield f"**A short run ({run.rounds} rounds): its figures are rough.**\n"
    yield f"    {run.how}\n"
    machine = ", ".join(f"{key}: {value}" for key, value in run.machine.items())
    yield f"{run.started[:10]}, {run.seconds / 60:.0f} minutes. {machine}.\n"
    yield _table(
        ("interpreter", "what it says of itself"),
        [(_code(one.name), one.details) for one in run.contenders],
    )
    yield from (f"{note}\n" for note in run.notes)


def _summary(run: Run) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    heads = (
        "suite",
        "against",
        "geometric mean",
        "better is",
        "wins",
        "even",
        "loses",
        "worst row",
    )
    rows = [
        (
            one.suite.title,
            _code(one.peer),
            f"{one.mean:.2f}",
            _better(one.suite),
            *map(str, (one.wins, one.even, one.loses)),
            f"{one.worst.row.name} {one.worst.value:.2f}",
        )
        for one in summaries(run)
    ]
    return heads, rows


def _losing(run: Run) -> Iterator[str]:
    found = losses(run)
    yield "## Where it loses\n"
    if not found:
        yield "Nowhere in this run.\n"
        return
    rows = [
        (one.row.suite.title, one.row.name, _code(one.peer), _ratio(one), _better(one.row.suite))
        for one in found
    ]
    yield _table(("suite", "row", "against", "ratio", "better is"), rows)


def _caption(section: Section) -> str:
    start = section.meaning[0].upper() + section.meaning[1:]
    return f"{start}. Values: median, and standard deviation as a part of it.\n"


def _rows(run: Run, section: Section) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    heads = ["row", _code(run.subject.name)]
    for peer in run.peers:
        heads += [_code(peer.name), "ratio", "verdict"]
    rows = []
    for line in section.lines:
        cells = [line.name, line.values[0]]
        for value, found in zip(line.values[1:], line.ratios, strict=True):
            cells += [value, _ratio(found), _verdict(found)]
        rows.append(tuple(cells))
    return tuple(heads), rows


def _parts(run: Run) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    return ("part", "size"), [(one.name, f"{one.size / 1e6:.2f} MB") for one in run.parts]


def _ratio(found: Ratio | None) -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})" if found else NOTHING


def _verdict(found: Ratio | None) -> str:
    if found is None:
        return NOTHING
    return f"**{found.verdict}**" if found.verdict == "loses" else found.verdict


def _better(suite: Suite) -> str:
    return "less" if suite.as_cost else "more"


def _code(text: str) -> str:
    return f"`{text}`"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_line(heads), "|" + "---|" * len(heads), *map(_line, rows)]
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
