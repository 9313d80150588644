"""What machine a run is made on, in words."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def describe_machine() -> dict[str, str]:
    """Tell processor, memory, kernel and system; no name and no address."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": processor(_read("/proc/cpuinfo")),
        "CPUs": str(len(os.sched_getaffinity(0))),
        "memory": f"{pages / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {release(platform.release())} {platform.machine()}",
        "system": _system(),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
    }


def processor(text: str) -> str:
    """Find the processor's name in the text of /proc/cpuinfo."""
    found = re.search(r"^(?:model name|Model|cpu model)\s*: *(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def release(text: str) -> str:
    """Cut a kernel's release down to its numbers; the rest is the name of who built it."""
    found = re.match(r"[0-9.]*[0-9]", text)
    return found[0] if found else text


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
