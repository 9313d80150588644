"""A run as one HTML file that needs nothing beside it: plots, tables, machine and command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

import plotly.io

from factory.bench.figures import Plot, colours, plots
from factory.bench.ratios import Ratio
from factory.bench.run import Run
from factory.bench.tables import NOTHING, Section, sections, summaries

_STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --soft: #5c6370; --page: #fff; --card: #f6f7f9;
  --grid: #d9dce1; --lose: #a83200; --lose-back: #fdeee6; --win: #00694e; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8eb; --soft: #a0a7b3; --page: #16181c;
  --card: #202329; --grid: #3a3f48; --lose: #ff9d66; --lose-back: #3a2218; --win: #4fd0a6; } }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: var(--text);
  background: var(--page); font: 15px/1.5 system-ui, sans-serif; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 3rem; }
p, .soft { color: var(--soft); }
pre { background: var(--card); padding: .8rem 1rem; border-radius: 6px; white-space: pre-wrap; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem; text-align: left; border-bottom: 1px solid var(--grid); }
td:not(:first-child) { white-space: nowrap; }
tr.loses { background: var(--lose-back); }
.loses-cell { color: var(--lose); font-weight: 600; } .wins-cell { color: var(--win); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .5em; }
.plot text { fill: var(--text) !important; }
.plot .treemaplayer text { fill: #fff !important; }
.plot .barlayer text { fill: #fff !important; }
.plot .gridlayer path { stroke: var(--grid) !important; }
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
_CONFIG = {"displayModeBar": False, "responsive": True}


def html(run: Run) -> str:
    """Write the page; a row that loses is as visible as one that wins."""
    title = f"{run.subject.name}: benchmarks"
    body = "\n".join([*_conditions(run), *_summary(run), *_plots(run), *_tables(run)])
    return _PAGE.format(title=escape(title), style=_STYLE, body=body)


def _conditions(run: Run) -> Iterator[str]:
    machine = "; ".join(f"{key}: {value}" for key, value in run.machine.items())
    yield f"<p>{escape(run.started)}, {run.seconds / 60:.1f} minutes. {escape(machine)}.</p>"
    yield f"<pre>{escape(run.how)}</pre>"
    rows = []
    for one in run.contenders:
        key = f'<span class="key" style="background: {colours(run)[one.name]}"></span>'
        rows.append((f"{key}{escape(one.name)}", escape(one.details)))
    yield _table(("interpreter", "what it says of itself"), [("", row) for row in rows])
    yield from (f"<p>{escape(note)}</p>" for note in run.notes)


def _summary(run: Run) -> Iterator[str]:
    rows = []
    for one in summaries(run):
        better = "less" if one.suite.as_cost else "more"
        counts = (str(one.wins), str(one.even), f'<span class="loses-cell">{one.loses}</span>')
        worst = f"{escape(one.worst.row.name)} {one.worst.value:.2f}"
        start = (escape(one.suite.title), escape(one.peer))
        rows.append(("", (*start, f"<b>{one.mean:.2f}</b>", better, *counts, worst)))
    if rows:
        heads = ("suite", "against", "geometric mean", "better is", "wins", "even", "loses")
        yield "<h2>In all</h2>"
        yield _table((*heads, "worst row"), rows)


def _plots(run: Run) -> Iterator[str]:
    for number, plot in enumerate(plots(run)):
        yield f"<h2>{escape(plot.title)}</h2><p>{escape(plot.caption)}</p>"
        yield f'<div class="plot">{_figure(plot, first=number == 0)}</div>'


def _figure(plot: Plot, *, first: bool) -> str:
    # The script stands in the file itself, once: the page works without a network.
    text: str = plotly.io.to_html(
        plot.figure, full_html=False, include_plotlyjs=first, config=_CONFIG
    )
    return text


def _tables(run: Run) -> Iterator[str]:
    for section in sections(run):
        yield f"<h2>{escape(section.suite.title)}, every row</h2>"
        yield f"<p>{escape(section.meaning)}; median, standard deviation, 95 % interval</p>"
        yield _table(_heads(run), list(_rows(section)))


def _heads(run: Run) -> tuple[str, ...]:
    peers = (head for peer in run.peers for head in (escape(peer.name), "ratio", "95 %", ""))
    return ("row", escape(run.subject.name), *peers)


def _rows(section: Section) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in section.lines:
        cells = [escape(line.name), line.values[0]]
        for value, found in zip(line.values[1:], line.ratios, strict=True):
            cells += [value, *_judged(found)]
        losing = any(found and found.verdict == "loses" for found in line.ratios)
        yield ("loses" if losing else "", tuple(cells))


def _judged(found: Ratio | None) -> tuple[str, str, str]:
    if found is None:
        return (NOTHING, "", "")
    verdict = f'<span class="{found.verdict}-cell">{found.verdict}</span>'
    return (f"{found.value:.3f}", f"{found.low:.2f} to {found.high:.2f}", verdict)


def _table(heads: Iterable[str], rows: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    """Make a table of cells that are HTML already, each row with its class."""
    lines = ["<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"]
    for kind, cells in rows:
        inner = "".join(f"<td>{cell}</td>" for cell in cells)
        lines.append(f'<tr class="{kind}">{inner}</tr>' if kind else f"<tr>{inner}</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'
