"""What a place that may hold an archive can do, and how it says that it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from factory.errors import SourceError
from factory.model.recipe import Archive
from factory.sources.digest import Digest

Advance = Callable[[int], None]
"""Called with the number of bytes that came in; negative where some were dropped again."""


class PlaceError(Exception):
    """A place cannot give an archive; the next place may."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WrongBytesError(SourceError):
    """A file is there, but its bytes are not the pinned ones.

    `file` is the file that was checked, or the one that was moved aside.
    """

    def __init__(self, file: Path, archive: Archive, found: Digest) -> None:
        wanted = Digest(sha256=archive.sha256, size=archive.size)
        super().__init__(f"wrong bytes: wanted {wanted}, found {found} in {file}")
        self.file = file
        self.wanted = archive.sha256
        self.found = found


class Place(Protocol):
    """One file name or address."""

    @property
    def name(self) -> str:
        """What to call the place in front of the user."""

    def bring(self, archive: Archive, partial: Path, advance: Advance) -> None:
        """Complete `partial`, which may hold the first bytes already.

        Raises PlaceError, or WrongBytesError where the place's file is seen to be another.
        The caller checks the hash in any case.
        """


class Provider(Protocol):
    """Knows at which places to look for an archive."""

    @property
    def name(self) -> str:
        """What to call the provider in front of the user."""

    @property
    def network(self) -> bool:
        """Whether looking takes a network."""

    def places(self, archive: Archive) -> Sequence[Place]:
        """Return the places in the order in which to try them."""


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A place that is known not to have the archive."""

    name: str
    reason: str

    def bring(self, archive: Archive, partial: Path, advance: Advance) -> None:
        """Raise the reason."""
        raise PlaceError(self.reason)
