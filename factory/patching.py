"""Apply patches exactly: fuzz 0, and every hunk at the line it names."""

from __future__ import annotations

from pathlib import Path

import whatthepatch
from whatthepatch.exceptions import WhatThePatchException

from factory.errors import BuildError


def apply_patch(patch: Path, tree: Path) -> None:
    """Apply a unified diff (`-p1`) to a source tree; BuildError names patch and file."""
    diffs = list(whatthepatch.parse_patch(patch.read_text(encoding="utf-8")))
    if not diffs:
        raise BuildError(f"{patch}: no diff in the patch")
    for diff in diffs:
        if diff.header is None or diff.changes is None:
            raise BuildError(f"{patch}: a diff without header or hunks")
        file = tree / _strip(diff.header.new_path)
        try:
            lines = whatthepatch.apply_diff(diff, _lines(file))
        except (OSError, WhatThePatchException) as error:
            raise BuildError(
                f"{patch}: does not apply to {_strip(diff.header.new_path)}: {error}",
                hint="refresh the patch for this version, or narrow its 'when' in series.yaml",
            ) from error
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split("\n")[:-1]


def _strip(path: str) -> str:
    return path.split("/", 1)[1] if path.startswith(("a/", "b/")) else path
