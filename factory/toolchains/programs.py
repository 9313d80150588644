"""The programs and configuration files of ours that a toolchain puts into `tools/`."""

from __future__ import annotations

from pathlib import Path

from factory.catalog import our_file
from factory.model.plan import File

_HERE = Path(__file__).parent
# Read by clang, or by `cc` while it runs.
_NOT_RUN = frozenset({".c", ".cfg", ".sh"})


def programs(*folders: str) -> tuple[File, ...]:
    """Return the files directly in these folders, in the order of their names."""
    found = (path for name in folders for path in (_HERE / name).iterdir() if path.is_file())
    return tuple(
        our_file(path, f"tools/{path.name}", executable=path.suffix not in _NOT_RUN)
        for path in sorted(found, key=lambda path: path.name)
    )
