"""What a place for downloads must do; everything else is common."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Target(Protocol):
    """A place that keeps files under one address."""

    def url(self, name: str) -> str:
        """Return the address under which a file can be downloaded; "" for their directory."""

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of every file that is there whole, by name."""

    def read(self, name: str) -> str | None:
        """Return the text of a small file; None where there is none."""

    def put(self, name: str, file: Path) -> None:
        """Store a file, in place of one with that name; it appears whole or not at all."""

    def finish(self) -> None:
        """Make public what was put; called once, last."""
