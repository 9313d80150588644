"""What goes wrong with the machine's disk, said as the user needs it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factory.errors import MachineError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def disk_errors(path: Path, setting: str = "FACTORY_CACHE_DIR") -> Iterator[None]:
    """Turn an OSError about `path` into a MachineError that says what to do.

    `setting` is the variable or option by which the user chooses another place.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise MachineError(
                f"{path}: no space left on the disk{_free(path)}",
                hint=f"free space there, or point {setting} to a disk that has some",
            ) from error
        raise MachineError(
            f"{path}: {error_text(error)}",
            hint=f"check the permissions, or point {setting} to a directory of your own",
        ) from error


def error_text(error: OSError) -> str:
    """Return the system's own words for an error, without numbers and paths."""
    return error.strerror or str(error) or type(error).__name__


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free(path: Path) -> str:
    place = next((parent for parent in path.parents if parent.is_dir()), None)
    if place is None:
        return ""
    return f" ({shutil.disk_usage(place).free / 1e6:.1f} MB free)"
