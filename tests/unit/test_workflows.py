"""What a workflow's script does, with a `gh` that only notes how it was called."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

WORKFLOWS = Path(__file__).resolve().parents[2] / ".github/workflows"

GH = """\
#!/bin/sh
echo "$*" >> "$RUNNER_TEMP/called"
[ "$2" != list ] || echo "$OPEN"
[ "$2" != create ] || cp "$RUNNER_TEMP/body" "$RUNNER_TEMP/sent"
"""


@dataclass(frozen=True, kw_only=True)
class Runner:
    """A checkout with a remote, and the folder that GitHub calls RUNNER_TEMP."""

    root: Path

    def git(self, *arguments: str, folder: str = "checkout") -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root / folder, check=True, capture_output=True, text=True
        )
        return done.stdout

    def run(self, script: str, **environment: str) -> None:
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.root / "checkout",
            env=os.environ | {"PATH": path, "RUNNER_TEMP": str(self.root / "temp")} | environment,
            check=True,
        )

    def called(self) -> list[str]:
        return (self.root / "temp/called").read_text().splitlines()


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    for name in ("checkout", "remote", "bin", "temp/pins"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin/gh").write_text(GH)
    (tmp_path / "bin/gh").chmod(0o755)
    found = Runner(root=tmp_path)
    found.git("init", "--quiet", "--bare", folder="remote")
    found.git("init", "--quiet", "--initial-branch=main")
    found.git("remote", "add", "origin", str(tmp_path / "remote"))
    (tmp_path / "checkout/zlib.yaml").write_text('version: "1.3.2"\n')
    found.git("add", "zlib.yaml")
    found.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "first")
    (tmp_path / "checkout/zlib.yaml").write_text('version: "1.3.3"\n')
    (tmp_path / "temp/pins/patch").write_text(found.git("diff"))
    (tmp_path / "temp/pins/report").write_text("zlib 1.3.2 -> 1.3.3\n")
    found.git("checkout", "--quiet", "zlib.yaml")
    return found


def proposal() -> str:
    jobs = yaml.safe_load((WORKFLOWS / "update-pins.yml").read_text())["jobs"]
    script: str = jobs["propose"]["steps"][-1]["run"]
    return script


def test_new_pins_are_proposed(runner: Runner) -> None:
    runner.run(proposal(), OPEN="0")
    assert runner.git("show", "update-pins:zlib.yaml", folder="remote") == 'version: "1.3.3"\n'
    setup, _, create = runner.called()
    assert setup == "auth setup-git"
    assert create.startswith("pr create --head update-pins --title build: newer upstream versions")
    body = (runner.root / "temp/sent").read_text()
    assert "```\nzlib 1.3.2 -> 1.3.3\n```\n" in body


def test_an_open_proposal_is_brought_up_to_date(runner: Runner) -> None:
    runner.git("push", "--quiet", "origin", "main:update-pins")
    runner.run(proposal(), OPEN="1")
    assert runner.git("show", "update-pins:zlib.yaml", folder="remote") == 'version: "1.3.3"\n'
    assert runner.called()[-1].startswith("pr edit update-pins --body-file ")


def test_only_the_job_that_proposes_may_write() -> None:
    jobs = yaml.safe_load((WORKFLOWS / "update-pins.yml").read_text())["jobs"]
    assert jobs["look"]["permissions"] == {"contents": "read"}
    assert jobs["propose"]["permissions"] == {"contents": "write", "pull-requests": "write"}
