"""Short benchmarks of what was built: a regression of start-up is seen here.

Instructions do not depend on what else the machine does; times are only looked at.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from factory.bench.facts import load_bench
from factory.bench.ratios import middle
from factory.bench.run import Suite, load_run
from tests.integration.conftest import Distribution, Factory

pytestmark = pytest.mark.build


def test_a_quick_run_and_the_ceiling_of_start_up(
    distribution: Distribution, factory: Factory, tmp_path: Path
) -> None:
    """The single file against the tree: the exit code says that the ceiling holds."""
    single, tree = distribution.single, distribution.install_only
    output = tmp_path / "out"
    amount = ("--quick", "--rounds", "2", "--output", str(output))
    done = factory.run("bench", str(single), "--peer", str(tree), *amount)
    print(done.stdout)
    run = load_run(output / "run.json")
    assert [row.name for row in run.of(Suite.PROGRAMS)] == list(load_bench().quick_programs)
    names = [single.name, tree.name]
    assert [one.name for one in run.contenders] == names
    for row in run.rows:
        assert all(middle(row.samples[name]) > 0 for name in names), row.name
    assert "within the ceiling" in done.stdout
    ours, theirs = (middle(run.of(Suite.INSTRUCTIONS)[0].samples[name]) for name in names)
    assert ours == pytest.approx(theirs, rel=0.2)  # the same code, found in other places


def test_against_debian(built: dict[str, Distribution], factory: Factory, tmp_path: Path) -> None:
    """Its python3 runs in a root of its own, with its own libc."""
    output = tmp_path / "out"
    single = built["3.13"].single
    suites = ("--suite", "startup", "memory", "size", "programs", "--program", "json_loads")
    amount = ("--rounds", "1", "--output", str(output))
    factory.run("bench", str(single), "--peer", "debian:trixie", *suites, *amount)
    run = load_run(output / "run.json")
    peer = run.contenders[1]
    assert (peer.name, peer.version.rpartition(".")[0]) == ("debian:trixie", "3.13")
    assert "GCC" in peer.details
    for row in run.rows:
        assert middle(row.samples[single.name]) > 0
        assert middle(row.samples[peer.name]) > 0
