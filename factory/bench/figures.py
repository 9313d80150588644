"""The plots of a run, with plotly.

Their text and grid take the page's colours (`html.py`), light or dark; here are only the colours
of interpreters, which read well on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from factory.bench.ratios import Ratio, middle, ratios, spread
from factory.bench.run import Row, Run, Suite

# Okabe and Ito's palette, which colour-blind people tell apart.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_LOSING = "rgba(213, 94, 0, 0.10)"
# Of ratios on a logarithmic axis, where equal steps are equal factors.
_TICKS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6, 2, 2.5, 3, 4, 6, 10]
# Dark enough for white text.
_TILES = ("#00527f", "#8a5a00", "#00674b", "#8c3f6b", "#1f6f9c", "#9a4300", "#4d5359")
_LAYOUT = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"family": "system-ui, sans-serif", "size": 13},
    "margin": {"l": 10, "r": 20, "t": 40, "b": 50},
    "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
}


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A figure, its heading, and the sentence that says how to read it."""

    title: str
    caption: str
    figure: go.Figure


def plots(run: Run) -> Iterator[Plot]:
    """Draw what the run has figures for."""
    for suite in (Suite.PROGRAMS, Suite.MICRO):
        if run.peers and run.of(suite):
            yield Plot(
                title=f"{suite.title}: speed against each peer",
                caption="Right of 1 ours is faster. Bars: 95 % intervals.",
                figure=_forest(run, suite),
            )
    starts = [row for s in (Suite.STARTUP, Suite.IMPORTS) for row in run.of(s)]
    if starts := [row for row in starts if row.name.endswith("(CPU)")]:
        caption = "CPU time of whole processes, in milliseconds; shorter is better."
        yield Plot(
            title="Start-up and imports", caption=caption, figure=_bars(run, starts, 1e-3, "ms")
        )
    if memory := run.of(Suite.MEMORY):
        caption = "In megabytes; shorter is better."
        yield Plot(title="Memory", caption=caption, figure=_bars(run, memory, 1e6, "MB"))
    if run.parts:
        caption = f"{run.subject.name}, by size; {sum(p.size for p in run.parts) / 1e6:.1f} MB."
        yield Plot(title="The executable", caption=caption, figure=_treemap(run))


def colours(run: Run) -> Mapping[str, str]:
    """Give each interpreter its colour."""
    names = [one.name for one in run.contenders]
    return {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}


def _forest(run: Run, suite: Suite) -> go.Figure:
    found = {peer.name: ratios(run, suite, peer.name) for peer in run.peers}
    order = sorted(next(iter(found.values())), key=lambda one: one.speed)
    rows = [one.row.name for one in order]
    figure = go.Figure()
    for number, (peer, points) in enumerate(found.items()):
        shift = 0.3 * (number - (len(found) - 1) / 2) / max(1, len(found) - 1)
        figure.add_trace(_points(peer, points, rows, shift, colours(run)[peer]))
    low = min((one.low for points in found.values() for one in points), default=0.5)
    figure.add_vline(x=1, line_width=1, line_color="#888")
    figure.add_vrect(x0=min(low, 1) * 0.9, x1=1, fillcolor=_LOSING, line_width=0, layer="below")
    figure.update_xaxes(
        type="log",
        title="peer's time by ours",
        tickvals=_TICKS,
        ticktext=[f"{t:g}" for t in _TICKS],
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=rows, range=[-0.7, len(rows) - 0.3]
    )
    return figure.update_layout(**_LAYOUT, height=140 + 24 * len(rows))


def _points(
    peer: str, points: tuple[Ratio, ...], rows: list[str], shift: float, colour: str
) -> go.Scatter:
    known = [one for one in points if one.row.name in rows]
    return go.Scatter(
        x=[one.value for one in known],
        y=[rows.index(one.row.name) + shift for one in known],
        error_x={
            "type": "data",
            "array": [one.high - one.value for one in known],
            "arrayminus": [one.value - one.low for one in known],
            "width": 0,
        },
        mode="markers",
        marker={"color": colour, "size": 8},
        name=f"against {peer}",
        text=[
            f"{one.row.name}: {one.value:.3f} ({one.low:.2f} to {one.high:.2f})" for one in known
        ],
        hoverinfo="text+name",
    )


def _bars(run: Run, rows: list[Row] | tuple[Row, ...], scale: float, unit: str) -> go.Figure:
    figure = go.Figure()
    names = [row.name.removesuffix(" (CPU)") for row in rows]
    for one in run.contenders:
        figure.add_trace(
            go.Bar(
                y=names,
                x=_each(rows, one.name, middle, scale),
                error_x={"type": "data", "array": _each(rows, one.name, spread, scale), "width": 0},
                text=[
                    f"{value:.1f}" if value else ""
                    for value in _each(rows, one.name, middle, scale)
                ],
                textposition="inside",
                insidetextanchor="start",
                orientation="h",
                marker_color=colours(run)[one.name],
                name=one.name,
            )
        )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title=unit)
    height = 140 + 22 * len(rows) * (len(run.contenders) + 1)
    return figure.update_layout(**_LAYOUT, height=height)


def _each(
    rows: list[Row] | tuple[Row, ...],
    name: str,
    take: Callable[[tuple[tuple[float, ...], ...]], float],
    scale: float,
) -> list[float | None]:
    found = (row.samples.get(name, ()) for row in rows)
    return [take(samples) / scale if any(samples) else None for samples in found]


def _treemap(run: Run) -> go.Figure:
    names = [part.name for part in run.parts]
    figure = go.Figure(
        go.Treemap(
            labels=names,
            parents=[""] * len(names),
            values=[part.size for part in run.parts],
            text=[f"{part.size / 1e6:.2f} MB" for part in run.parts],
            textinfo="label+text+percent root",
            marker={"colors": [_TILES[n % len(_TILES)] for n in range(len(names))]},
            textfont={"color": "white"},
        )
    )
    margin = dict.fromkeys("lrtb", 5)
    return figure.update_layout(**{**_LAYOUT, "margin": margin}, height=420)
