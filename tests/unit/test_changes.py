"""Two commits of a checkout, compared by what they would build."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from factory import changes
from factory.catalog import PACKAGE, load_catalog
from factory.changes import changed_jobs
from factory.console import Console
from factory.errors import UsageError
from factory.matrix import Job, Settings, make_jobs
from factory.model.arch import Arch

SETTINGS = Settings(pythons=("3.14", "3.13"), arches=(Arch.X86_64,))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, tagged `base`, that is this checkout."""
    root = tmp_path / "checkout"
    for name in ("factory", "patches", "dockerfiles"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE.parent / name, root / name, ignore=ignored)
    monkeypatch.setattr(changes, "PACKAGE", root / "factory")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "x")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "x@example.org")
    for command in ("init -q", "add .", "commit -qm base", "tag base"):
        subprocess.run(["git", *command.split()], cwd=root, check=True)
    return root


@pytest.fixture
def changed(console: Console) -> Callable[[str], list[str]]:
    jobs: tuple[Job, ...] = make_jobs(SETTINGS, load_catalog())
    return lambda ref: [job.pythons[0] for job in changed_jobs(jobs, ref, console)]


def test_nothing(checkout: Path, changed: Callable[[str], list[str]]) -> None:
    (checkout / "README.md").write_text("words\n")
    with (checkout / "factory/doctor.py").open("a") as file:
        file.write("# no part of any build\n")
    assert changed("base") == []


def test_a_patch_of_one_version(checkout: Path, changed: Callable[[str], list[str]]) -> None:
    (patch,) = (checkout / "patches/cpython").glob("0012-*.patch")
    patch.write_text(patch.read_text().replace("Why: ", "Why:  "))
    assert changed("base") == ["3.14.7"]


def test_a_library(checkout: Path, changed: Callable[[str], list[str]]) -> None:
    facts = checkout / "factory/data/components/zlib.yaml"
    facts.write_text(facts.read_text().replace('"-O3"', '"-O2"', 1))
    assert changed("base") == ["3.14.7", "3.13.15"]


def test_how_archives_are_made(checkout: Path, changed: Callable[[str], list[str]]) -> None:
    file = checkout / "factory/package/layout.py"
    file.write_text(file.read_text() + "# x\n")
    assert changed("base") == ["3.14.7", "3.13.15"]


def test_what_cannot_be_planned_counts_as_changed(
    checkout: Path, changed: Callable[[str], list[str]]
) -> None:
    """Also where that is so before and after: the build will say why."""
    facts = checkout / "factory/data/components/zlib.yaml"
    facts.write_text("name: 1\n")
    subprocess.run(["git", "commit", "-qam", "broken"], cwd=checkout, check=True)
    assert changed("HEAD") == ["3.14.7", "3.13.15"]


def test_an_unknown_commit(checkout: Path, changed: Callable[[str], list[str]]) -> None:
    with pytest.raises(UsageError, match="--changed-since nope: fatal: ") as caught:
        changed("nope")
    assert "fetch-depth: 0" in str(caught.value.hint)
