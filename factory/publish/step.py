"""What publishing would do, or did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Step:
    """One file to send or one tag to set, and why."""

    name: str
    sha256: str
    why: str
