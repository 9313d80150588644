"""Deterministic tar archives: sorted, owned by nobody in particular, one time stamp.

https://reproducible-builds.org/docs/archives/
"""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path
from typing import IO

if not hasattr(tarfile, "data_filter"):  # before 3.11.4
    from backports import tarfile  # type: ignore[no-redef]

__all__ = ["add_path", "entry", "file_sha256", "pack_tree", "tarfile"]


def entry(name: str, *, epoch: int, executable: bool = False) -> tarfile.TarInfo:
    """Make the header of a regular file; size is the caller's."""
    info = tarfile.TarInfo(name)
    info.mtime = epoch
    info.mode = 0o755 if executable else 0o644
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def pack_tree(root: Path, out: IO[bytes], *, epoch: int) -> None:
    """Write everything below `root`, by sorted relative name."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(root.rglob("*"), key=lambda found: found.relative_to(root).parts):
            add_path(tar, path, path.relative_to(root).as_posix(), epoch=epoch)


def add_path(tar: tarfile.TarFile, path: Path, name: str, *, epoch: int) -> None:
    """Add one file, directory or symbolic link under a name."""
    if path.is_symlink():
        info = entry(name, epoch=epoch)
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
        tar.addfile(info)
    elif path.is_dir():
        info = entry(name, epoch=epoch, executable=True)
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    else:
        state = path.stat()
        info = entry(name, epoch=epoch, executable=bool(state.st_mode & 0o100))
        info.size = state.st_size
        with path.open("rb") as file:
            tar.addfile(info, file)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
