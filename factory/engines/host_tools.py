"""The programs of the host that builds may use, and nothing else.

They are linked into a directory of their own, which is all of PATH beside the toolchain: what else
is installed (gcc, pkg-config, tclsh, python3) cannot change a build.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from factory.catalog import DATA, Table


def host_tools() -> tuple[str, ...]:
    """Return the names of the programs, from data/host_tools.yaml."""
    table = Table.load(DATA / "host_tools.yaml")
    names = table.texts("required")
    table.done()
    return names


def missing_tools(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those that are not in PATH."""
    return tuple(name for name in names if shutil.which(name) is None)


def link_tools(names: tuple[str, ...], directory: Path) -> None:
    """Make a directory of symbolic links to the programs."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        if found := shutil.which(name):
            (directory / name).symlink_to(Path(found).absolute())
