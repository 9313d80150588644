"""What the documentation says in tables is what the code and the data say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from factory.bench.run import Suite
from factory.catalog import load_catalog
from factory.cli import parser
from factory.errors import ExitCode
from factory.model.target import Flavor
from factory.verify.checks import CHECKS
from factory.verify.cpython.expected import load_expectations
from factory.verify.wheels.listed import load_wheels

ROOT = Path(__file__).resolve().parents[2]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def first_cells(table: str) -> list[str]:
    return re.findall(r"^\| `?([^`|]+?)`? +\|", table, flags=re.MULTILINE)


def test_every_command_is_documented() -> None:
    actions = [action for action in parser()._actions if action.choices]
    commands = {name for action in actions for name in action.choices or ()}
    assert commands <= set(first_cells(text("docs/command-line.md")))


def test_every_exit_code_is_documented() -> None:
    documented = {cell for cell in first_cells(text("docs/command-line.md")) if cell.isdigit()}
    assert documented == {str(int(code)) for code in ExitCode}


def test_every_module_that_is_left_out_is_documented() -> None:
    table = text("docs/artifacts.md")
    for release in load_catalog().releases:
        for module in release.modules_left_out:
            if not module.startswith("xxlimited"):
                assert f"`{module}`" in table, (release.version, module)


def test_readme_counts_the_checks() -> None:
    assert f"{len(CHECKS)} checks" in text("README.md")


def test_every_suite_of_benchmarks_is_documented() -> None:
    table = "\n".join(re.findall(r"^\| `.*", text("docs/performance.md"), flags=re.MULTILINE))
    for suite in Suite:
        assert f"`{suite.value}`" in table


def test_every_wheel_of_the_suite_is_documented() -> None:
    names = [package.name for package in load_wheels().packages]
    assert [cell for cell in first_cells(text("docs/wheels.md")) if cell in names] == names


@pytest.mark.parametrize("flavor", Flavor)
def test_every_flavor_is_documented(flavor: Flavor) -> None:
    assert f"## {flavor.value}" in text("docs/artifacts.md")


def test_links_between_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_expected_failure_is_documented() -> None:
    documented = text("docs/cpython-tests.md")
    for expected in load_expectations().failures:
        assert f"`{expected.test.removeprefix('test.')}`" in documented
        assert expected.reason in documented
