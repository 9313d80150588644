"""One executable on processors of several ages: what libc may use is found out when it starts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import MACHINE, Distribution

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(MACHINE != "x86_64", reason="one form of each function elsewhere"),
]

PROGRAM = Path(__file__).resolve().parents[1] / "programs/exact_math.py"
# The first has SSE2 and no more, the second has AVX2 and FMA.
PROCESSORS = ("qemu64", "Haswell")


def results(*command: str | Path) -> str:
    done = subprocess.run([*command, PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_results_are_those_of_exact_arithmetic(distribution: Distribution) -> None:
    """fma() is exact to the bit on all, so that what is printed is the same."""
    emulator = shutil.which("qemu-x86_64-static") or shutil.which("qemu-x86_64")
    assert emulator, "qemu-x86_64 is not installed (Debian: qemu-user-static)"
    here = results(distribution.single)
    found = [results(emulator, "-cpu", name, distribution.single) for name in PROCESSORS]
    assert found == [here] * len(PROCESSORS)
