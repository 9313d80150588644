"""What reports say: the same in text, Markdown and HTML, and losing rows in all of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.bench.figures import plots
from factory.bench.html import html
from factory.bench.markdown import markdown
from factory.bench.output import write_report
from factory.bench.run import Run, Suite
from factory.bench.tables import losses, sections, shown, summaries
from factory.bench.text import text
from factory.errors import UsageError

from .conftest import OURS, THEIRS, row

Report = Callable[[Run], str]


@pytest.mark.parametrize("report", [text, markdown, html])
def test_every_row_stands_in_every_report(run: Run, report: Report) -> None:
    said = report(run)
    for one in run.rows:
        assert one.name.replace("|", "\\|" if report is markdown else "|") in said
    for word in (OURS, THEIRS, "3.13.15 (main) [Clang 22]", "OpenSSL", "start-up: 1 instruction"):
        assert word in said


@pytest.mark.parametrize("report", [markdown, html])
def test_machine_and_command_are_named(run: Run, report: Report) -> None:
    said = report(run).replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'")
    assert "factory bench 'dist/python single'" in said
    assert "A <fast> one" in said


def test_a_report_names_no_place_of_the_machine(run: Run) -> None:
    called = (
        "factory",
        "bench",
        "a python",
        "--output",
        "/tmp/x",
        "--cache-dir=/y",
        "--rounds",
        "2",
    )
    assert dataclasses.replace(run, command=called).how == "factory bench 'a python' --rounds 2"


def test_what_loses_is_named_worst_first(run: Run) -> None:
    names = [one.row.name for one in losses(run)]
    assert names == ["str | find", "nbody", "-c pass (resident)"]
    page = markdown(run)
    part = page[page.index("## Where it loses") : page.index("## pyperformance")]
    assert [part.index(name.replace("|", "\\|")) for name in names] == sorted(
        part.index(name.replace("|", "\\|")) for name in names
    )
    assert re.search(r"^\| nbody \|.*\*\*loses\*\* \|$", page, re.MULTILINE)
    assert re.search(r"^\| go \|.* wins \|$", page, re.MULTILINE)


def test_a_run_that_loses_nowhere_says_so(run: Run) -> None:
    won = dataclasses.replace(run, rows=run.rows[:1])
    assert "Nowhere in this run." in markdown(won)
    assert "nbody" not in markdown(won)


def test_losing_rows_are_marked_in_the_page(run: Run) -> None:
    page = html(run)
    marked = re.findall(r'<tr class="loses"><td>(.*?)</td>', page)
    assert marked == ["nbody", "-c pass (resident)", "str | find"]


def test_the_page_needs_no_network(run: Run) -> None:
    page = html(run)
    assert "Plotly.newPlot" in page
    assert re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="', page) == []


def test_names_cannot_break_the_page(run: Run) -> None:
    evil = row(Suite.MICRO, "<script>alert(1)</script>", 1e-6, 1e-6)
    page = html(dataclasses.replace(run, rows=(evil,)))
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in page


def test_a_short_run_is_marked(run: Run) -> None:
    assert "A short run" not in markdown(run)
    assert "A short run (4 rounds)" in markdown(dataclasses.replace(run, quick=True))
    assert "A short run (2 rounds)" in markdown(dataclasses.replace(run, rounds=2))


def test_wall_time_does_not_count_twice(run: Run) -> None:
    (start,) = (one for one in summaries(run) if one.suite is Suite.STARTUP)
    assert (start.wins, start.even, start.loses) == (1, 0, 0)
    assert start.mean == pytest.approx(0.6, rel=0.01)


def test_a_run_without_peers_has_values_and_no_ratios(run: Run) -> None:
    alone = dataclasses.replace(run, contenders=run.contenders[:1])
    assert not list(summaries(alone))
    assert "50.0 ms" in text(alone)
    assert "100 ms" not in text(alone).split("pyperformance")[1].split("nbody")[0]
    assert [plot.title for plot in plots(alone)] == [
        "Start-up and imports",
        "Memory",
        "The executable",
    ]
    assert "50.0 ms" in html(alone)


def test_a_value_that_is_missing_is_a_dash(run: Run) -> None:
    known = run.rows[0]
    partly = dataclasses.replace(known, samples={OURS: known.samples[OURS]})
    gap = dataclasses.replace(run, rows=(partly,))
    (section,) = sections(gap)
    assert section.lines[0].values[1] == "-"
    assert section.lines[0].ratios == (None,)
    for report in (text, markdown, html):
        assert "50.0 ms" in report(gap)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0, "s", "0 ns"),
        (1.234e-8, "s", "12.3 ns"),
        (9.996e-4, "s", "1000 µs"),
        (0.0123, "s", "12.3 ms"),
        (75.0, "s", "75.0 s"),
        (29_632_328, "B", "29.6 MB"),
        (300, "B", "300 B"),
        (44_300_000, "instructions", "44.3 M"),
    ],
)
def test_values_are_written_as_people_do(value: float, unit: str, words: str) -> None:
    assert shown(value, unit) == words


def test_the_ending_of_the_name_chooses_the_report(run: Run, tmp_path: Path) -> None:
    starts = {".md": "# Benchmarks", ".html": "<!DOCTYPE html>", ".txt": "ours: 3.13.15"}
    for ending, start in starts.items():
        path = write_report(run, tmp_path / f"report{ending}")
        assert path.read_text().startswith(start)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"report{e}" for e in starts)
    with pytest.raises(UsageError, match=r"\.md, \.html, \.txt"):
        write_report(run, tmp_path / "report.pdf")
