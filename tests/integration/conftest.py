"""One real build for all integration tests, through the command line as a user calls it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

MACHINE = platform.machine()
PYTHONS = ("3.13", "3.14")


@dataclass(frozen=True, kw_only=True)
class Factory:
    """The command line with a cache directory of its own."""

    cache: Path

    def run(self, *arguments: str, check: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `factory` and hold it to an exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "factory", *arguments, "--cache-dir", str(self.cache)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == check, f"{arguments}:\n{done.stdout}\n{done.stderr}"
        return done


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """What one build of a `minor` version handed out."""

    minor: str
    install_only: Path
    single: Path
    report: dict[str, Any]


@pytest.fixture(scope="session")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    """A factory whose cache is the caller's (FACTORY_CACHE_DIR), else a new one."""
    given = os.environ.get("FACTORY_CACHE_DIR")
    return Factory(cache=Path(given) if given else tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dist")


@pytest.fixture(scope="session")
def built(factory: Factory, output: Path) -> dict[str, Distribution]:
    """The distributions by minor version; the first build of a session takes minutes.

    What `fetch` put into the store is all that the build has: it runs offline.
    """
    selection = [part for minor in PYTHONS for part in ("--python", minor)]
    selection += ["--arch", MACHINE]
    factory.run("fetch", *selection)
    done = factory.run("build", *selection, "--offline", "--output", str(output), "--json")
    print(done.stderr)
    found = {}
    for minor, row in zip(PYTHONS, json.loads(done.stdout), strict=True):
        paths = {artifact["flavor"]: Path(artifact["path"]) for artifact in row["artifacts"]}
        found[minor] = Distribution(
            minor=minor, install_only=paths["install_only"], single=paths["single"], report=row
        )
    return found


@pytest.fixture(params=PYTHONS)
def distribution(request: pytest.FixtureRequest, built: dict[str, Distribution]) -> Distribution:
    return built[str(request.param)]
