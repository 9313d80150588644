from __future__ import annotations

import dataclasses

import pytest

from factory.bench.ratios import middle, overall, ratio, ratios, spread
from factory.bench.run import Row, Run, Suite

from .conftest import OURS, THEIRS, row


def compared(made: Row) -> float:
    found = ratio(made, OURS, THEIRS)
    assert found is not None
    return found.value


def test_speed_is_the_peers_time_by_ours_and_cost_ours_by_the_peers() -> None:
    assert compared(row(Suite.PROGRAMS, "go", 1.0, 2.0)) == pytest.approx(2.0, rel=0.01)
    assert compared(row(Suite.MICRO, "go", 1.0, 2.0)) == pytest.approx(2.0, rel=0.01)
    for suite in (Suite.STARTUP, Suite.IMPORTS, Suite.MEMORY, Suite.SIZE, Suite.INSTRUCTIONS):
        assert compared(row(suite, "go", 1.0, 2.0)) == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("suite", [Suite.PROGRAMS, Suite.STARTUP])
def test_less_wins_whatever_the_ratio_says(suite: Suite) -> None:
    verdicts = []
    for theirs in (1.5, 1.0, 0.7):
        found = ratio(row(suite, "x", 1.0, theirs), OURS, THEIRS)
        assert found is not None
        verdicts.append(found.verdict)
    assert verdicts == ["wins", "even", "loses"]


def test_the_interval_holds_the_value_and_grows_with_noise() -> None:
    def width(noise: float) -> float:
        rounds = {
            who: tuple((base * (1 + noise * ((k * 7 + who_k) % 5 - 2)),) for k in range(10))
            for who_k, (who, base) in enumerate(((OURS, 1.0), (THEIRS, 1.2)))
        }
        found = ratio(Row(suite=Suite.MICRO, name="x", unit="s", samples=rounds), OURS, THEIRS)
        assert found is not None
        assert found.low <= found.value <= found.high
        return found.high - found.low

    assert 0 < width(0.01) < width(0.1)


def test_noise_that_hits_both_sides_of_a_round_does_not_widen_the_interval() -> None:
    """This is what taking turns is for."""
    drift = [1.0, 2.0, 3.0, 4.0, 5.0]
    samples = {OURS: tuple((d,) for d in drift), THEIRS: tuple((2 * d,) for d in drift)}
    found = ratio(Row(suite=Suite.MICRO, name="x", unit="s", samples=samples), OURS, THEIRS)
    assert found is not None
    assert (found.low, found.value, found.high) == (2.0, 2.0, 2.0)


def test_one_round_is_not_taken_for_certain() -> None:
    samples = {OURS: ((1.0, 1.5, 0.8),), THEIRS: ((1.1, 0.9, 1.3),)}
    found = ratio(Row(suite=Suite.PROGRAMS, name="x", unit="s", samples=samples), OURS, THEIRS)
    assert found is not None
    assert found.verdict == "even"


def test_a_row_without_values_has_no_ratio() -> None:
    whole = row(Suite.MICRO, "x", 1.0, 1.0)
    for missing in (OURS, THEIRS):
        for samples in ({**whole.samples, missing: ()}, {**whole.samples, missing: ((),)}):
            assert ratio(dataclasses.replace(whole, samples=samples), OURS, THEIRS) is None


def test_the_same_file_gives_the_same_figures(run: Run) -> None:
    first, second = (ratios(run, Suite.PROGRAMS, THEIRS) for _ in range(2))
    assert first == second
    assert [one.row.name for one in first] == ["go", "nbody", "float"]


def test_the_mean_is_geometric(run: Run) -> None:
    found = ratios(run, Suite.PROGRAMS, THEIRS)
    assert overall(found) == pytest.approx((2.0 * 0.8 * 1.0) ** (1 / 3), rel=0.01)
    assert overall([]) is None


def test_middle_and_spread_are_of_all_values() -> None:
    assert middle(((1.0, 9.0), (2.0,))) == 2.0
    assert spread(((1.0, 2.0), (3.0,))) == 1.0
    assert spread(((4.0,),)) == 0.0
