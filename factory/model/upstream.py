"""Where a project lists its releases, as the facts say it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import assert_never


class Numbering(Enum):
    """How the names of a project's files spell a version."""

    PLAIN = "plain"
    SNAPSHOT = "snapshot"
    SQLITE = "sqlite"

    def version(self, spelled: str) -> str:
        """Return the version that a file name spells; ValueError where it cannot be one.

        A snapshot's `6.6-20260608` is pinned as `6.6+20260608`, which Python's rules can order.
        https://www.sqlite.org/versionnumbers.html
        """
        match self:
            case Numbering.PLAIN:
                return spelled
            case Numbering.SNAPSHOT:
                return spelled.replace("-", "+")
            case Numbering.SQLITE:
                number = int(spelled)
                parts = [number // 10**6, *(number // 100**n % 100 for n in (2, 1, 0))]
                return ".".join(map(str, parts if parts[-1] else parts[:-1]))
            case _:
                assert_never(self)


@dataclass(frozen=True, kw_only=True)
class Hashes:
    """Where a project publishes the hashes of its archives.

    `place` is an address with the fields `{url}`, `{directory}` (of the archive, with a slash at
    its end) and `{index}`; `when` is the range of versions that it holds for.
    """

    place: str
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """A page that lists releases, and how to read it.

    `pattern` is a regular expression for the archives' names in that page and in our own
    addresses; its group `version` is the spelled version. Where the archives are in a folder for
    each release, `folders` finds these in `index`, and its group `folder` is the folder's name;
    `pattern` may have that group in its place. `within` is the range of versions that are wanted.
    """

    index: str
    pattern: str
    folders: str | None = None
    numbering: Numbering = Numbering.PLAIN
    within: str = ""
    hashes: Hashes | None = None
