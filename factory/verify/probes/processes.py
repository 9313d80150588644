"""The interpreter starts itself again."""

from __future__ import annotations

import math
import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

# A script on standard input has the file name <stdin>, which a spawned child would try to open.
globals().pop("__file__", None)

_NUMBERS = [1.0, 4.0, 9.0, 16.0]


def probe_subprocess() -> str:
    """Start sys.executable."""
    command = [sys.executable, "-I", "-c", "import sys; print(sys.version_info[:2])"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    if done.stdout.strip() != str(sys.version_info[:2]) or done.stderr:
        raise AssertionError(f"the child said {done.stdout!r} and {done.stderr!r}")
    return "sys.executable runs"


def _by(method: str) -> str:
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        roots = list(pool.map(math.sqrt, _NUMBERS))
    if roots != [1.0, 2.0, 3.0, 4.0]:
        raise AssertionError(f"the children gave {roots}")
    return f"two workers by {method}"


def probe_spawn() -> str:
    """Compute in spawned children."""
    return _by("spawn")


def probe_fork() -> str:
    """Compute in forked children."""
    return _by("fork")


def probe_forkserver() -> str:
    """Compute in children of a fork server."""
    return _by("forkserver")
