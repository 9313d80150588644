"""A small run, made by hand: one row that wins, one that loses, one that is even."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factory.bench.contenders import Opened, open_all
from factory.bench.run import Contender, Part, Row, Run, Suite
from factory.console import Console

OURS, THEIRS = "ours", "debian:trixie"


def row(suite: Suite, name: str, ours: float, theirs: float, unit: str = "s") -> Row:
    """A row of four rounds with two values each, which vary by a part in a hundred."""
    samples = {
        who: tuple((value * (1 + k / 1000), value * (1 - k / 1000)) for k in range(4))
        for who, value in ((OURS, ours), (THEIRS, theirs))
    }
    return Row(suite=suite, name=name, unit=unit, samples=samples)


@pytest.fixture
def run() -> Run:
    return Run(
        command=("factory", "bench", "dist/python single"),
        started="2026-01-02T03:04:05+00:00",
        seconds=90.0,
        rounds=4,
        quick=False,
        machine={"processor": "A <fast> one", "CPUs": "2"},
        contenders=(
            Contender(name=OURS, version="3.13.15", details="3.13.15 (main) [Clang 22]"),
            Contender(name=THEIRS, version="3.13.5", details="3.13.5 (main) [GCC 14]"),
        ),
        rows=(
            row(Suite.PROGRAMS, "go", 0.05, 0.1),
            row(Suite.PROGRAMS, "nbody", 0.1, 0.08),
            row(Suite.PROGRAMS, "float", 0.1, 0.1),
            row(Suite.STARTUP, "-c pass (CPU)", 0.006, 0.01),
            row(Suite.STARTUP, "-c pass (wall)", 0.01, 0.01),
            row(Suite.MEMORY, "-c pass (resident)", 12e6, 10e6, "B"),
            row(Suite.MICRO, "str | find", 2e-7, 1e-7),
        ),
        parts=(Part(name="OpenSSL", size=4_000_000), Part(name="CPython", size=6_000_000)),
        notes=("start-up: 1 instruction",),
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    place = tmp_path / "workspace"
    place.mkdir()
    return place


@pytest.fixture
def opened(workspace: Path, tmp_path: Path, console: Console) -> Iterator[tuple[Opened, ...]]:
    """The Python that runs the tests, twice: its paths differ, its speed does not."""
    other = Path(sys.executable).parent / "." / Path(sys.executable).name
    wanted = (sys.executable, str(other))
    with open_all(wanted, workspace, tmp_path / "cache", console) as found:
        yield found


@pytest.fixture
def executable(tmp_path: Path) -> Callable[[str], Path]:
    """Write a shell script that says it is a program."""

    def write(text: str, name: str = "python-like") -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write
