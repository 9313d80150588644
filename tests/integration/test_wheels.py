"""Real wheels from the machine's package index, in a real tree and a real single file."""

from __future__ import annotations

import json

import pytest

from factory.verify.wheels.listed import EMPTY_ROOT, HOST, load_wheels
from tests.integration.conftest import Distribution, Factory

pytestmark = pytest.mark.build


def test_quick_wheels_work_everywhere(built: dict[str, Distribution], factory: Factory) -> None:
    one = built["3.13"]
    done = factory.run(
        "verify", "--suite", "wheels", "--quick", "--json", str(one.install_only), str(one.single)
    )
    names = {package.name for package in load_wheels().chosen(quick=True)}
    for report in json.loads(done.stdout):
        assert report["passed"], report
        found = {(row["check"], row["path"]): row["severity"] for row in report["findings"]}
        wanted = {(name, place) for name in names for place in ("pip", HOST, EMPTY_ROOT)}
        assert found == dict.fromkeys(wanted, "ok")
