"""What `pip install .` puts into an environment is complete: it plans what the checkout plans."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def plan(command: list[str | Path], cwd: Path, cache: Path) -> object:
    arguments: list[str | Path] = [
        "plan",
        "--python",
        "3.13",
        "--arch",
        "x86_64",
        "--json",
        "--cache-dir",
        cache,
    ]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_installed_command_plans_like_the_checkout(tmp_path: Path) -> None:
    """Keys cover patches, our C files and the toolchain's scripts, so none of them is missing."""
    script = Path(sys.executable).parent / "factory"
    installed = plan([script], tmp_path, tmp_path / "cache")
    checkout = plan([sys.executable, "-m", "factory"], ROOT, tmp_path / "cache")
    assert installed == checkout


def test_installed_command_finds_its_checks(tmp_path: Path) -> None:
    """Policy, probes and the test certificate are part of the package."""
    script = Path(sys.executable).parent / "factory"
    done = subprocess.run(
        [script, "verify", "--json", script], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 6, done.stderr
    (report,) = json.loads(done.stdout)
    assert "not" in report["findings"][0]["message"]
