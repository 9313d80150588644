"""Two builds of the same things at once share the work and never break the cache."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.build

PROGRAM = Path(__file__).parent / "build_some.py"


def start(cache: Path) -> subprocess.Popen[str]:
    names = [f"{part}-{platform.machine()}" for part in ("compiler-rt", "musl", "zlib", "bzip2")]
    return subprocess.Popen(
        [sys.executable, PROGRAM, cache, *names],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"FACTORY_CACHE_DIR": str(cache)},
    )


def test_two_builds_at_once(tmp_path: Path) -> None:
    builds = [start(tmp_path), start(tmp_path)]
    outputs = [build.communicate(timeout=600)[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0], outputs
    entries = [json.loads(path.read_text()) for path in (tmp_path / "actions").glob("*.json")]
    assert sorted(entry["name"].partition("-")[0] for entry in entries) == [
        *("bzip2", "compiler", "musl", "zlib")
    ]
    # Each was made once: the other build waited for the lock and then found it.
    assert any("waiting for another build" in output for output in outputs)
    left = [path.name for path in (tmp_path / "actions").iterdir() if path.name.startswith(".")]
    assert left == []
    assert list((tmp_path / "work").iterdir()) == []
    check = subprocess.run(
        [sys.executable, "-m", "factory", "cache", "verify", "--cache-dir", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert check.returncode == 0, check.stdout
