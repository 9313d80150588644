"""The identity of a file's bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from factory.model.recipe import Archive


@dataclass(frozen=True, kw_only=True)
class Digest:
    """SHA-256 as lower-case hex, and the size in bytes."""

    sha256: str
    size: int

    def fits(self, archive: Archive) -> bool:
        """Tell whether these are the pinned bytes."""
        return self.sha256 == archive.sha256 and self.size == archive.size

    def __str__(self) -> str:
        return f"sha256 {self.sha256} ({self.size} bytes)"


def digest_of(path: Path) -> Digest:
    """Read a file once; raises OSError."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Digest(sha256=sha256, size=file.tell())
