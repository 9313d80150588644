"""CPython's own tests, and the same objects linked in the usual ways, to compare with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import MACHINE, Distribution, Factory

pytestmark = pytest.mark.build


def linked(factory: Factory, link: str, minor: str, flavor: str, output: Path) -> Path:
    """Link what is in the cache once more and give the artifact."""
    done = factory.run(
        *("build", "--python", minor, "--arch", MACHINE, "--link", link, "--flavor", flavor),
        *("--output", str(output), "--json"),
    )
    (row,) = json.loads(done.stdout)
    return Path(row["artifacts"][0]["path"])


def suite(factory: Factory, *artifacts: Path) -> list[dict[str, Any]]:
    done = factory.run("verify", "--suite", "cpython", "--quick", "--json", *map(str, artifacts))
    reports: list[dict[str, Any]] = json.loads(done.stdout)
    return reports


def test_what_fails_is_expected_to(distribution: Distribution, factory: Factory) -> None:
    (report,) = suite(factory, distribution.install_only)
    assert report["passed"], report


@pytest.mark.parametrize("minor", ["3.14"])
def test_a_dynamic_link_of_the_same_objects_is_no_better(
    built: dict[str, Distribution], factory: Factory, minor: str, tmp_path: Path
) -> None:
    """What fails there is expected too, so the entries for `self-hosted` are all that differs."""
    (report,) = suite(factory, linked(factory, "dynamic", minor, "install_only", tmp_path))
    assert report["passed"], report


@pytest.mark.parametrize("minor", ["3.13"])
def test_the_dynamic_linker_inside_is_small(
    built: dict[str, Distribution], factory: Factory, minor: str, tmp_path: Path
) -> None:
    static = linked(factory, "static", minor, "single", tmp_path)
    ours, usual = built[minor].single.stat().st_size, static.stat().st_size
    assert usual < ours < 1.03 * usual
