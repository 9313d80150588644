"""A CPython of the user's own: a source tree or an archive given by `--source`."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from factory.errors import UsageError
from factory.model.plan import LocalSource
from factory.sources.digest import digest_of
from factory.sources.disk import error_text
from factory.sources.unpack import is_archive, open_archive

IGNORED = frozenset({".git", "__pycache__"})
"""Names that are no part of a tree's content, at any depth."""

_PATCHLEVEL = "Include/patchlevel.h"
_NEEDED = (_PATCHLEVEL, "configure", "Makefile.pre.in")
_VERSION = re.compile(rb'^\s*#\s*define\s+PY_VERSION\s+"([^"]+)"', re.MULTILINE)


def local_source(path: Path) -> LocalSource:
    """Identify a tree or an archive.

    Raises UsageError where it is no CPython, SourceError where the archive is broken.
    """
    path = path.expanduser().absolute()
    try:
        if path.is_dir():
            return _tree(path)
        if path.is_file() and is_archive(path):
            return _archive(path)
        found = "not an archive that we can read" if path.exists() else "no such file or directory"
    except OSError as error:
        where = error.filename or path
        raise UsageError(f"--source {path}: cannot read {where}: {error_text(error)}") from error
    raise UsageError(
        f"--source {path}: {found}",
        hint="name a CPython source directory, or its tar.gz, tar.xz or tar.bz2",
    )


def tree_hash(root: Path) -> str:
    """Return the SHA-256 of a tree's content: names, bytes, executable bits, link targets.

    Times, owners, empty directories and the names in IGNORED do not count.
    """
    total = hashlib.sha256()
    for path in sorted(_files(root), key=lambda path: os.fsencode(path.relative_to(root))):
        name = os.fsencode(path.relative_to(root))
        if path.is_symlink():
            kind, content = b"link", hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
        else:
            executable = path.stat().st_mode & stat.S_IXUSR
            kind, content = b"program" if executable else b"file", digest_of(path).sha256
        total.update(b"%s %s %d:%s\n" % (kind, content.encode(), len(name), name))
    return total.hexdigest()


def _tree(root: Path) -> LocalSource:
    def read(name: str) -> bytes | None:
        path = root / name
        return path.read_bytes() if path.is_file() else None

    version = _version(root, read)
    return LocalSource(path=root, sha256=tree_hash(root), version=version)


def _archive(path: Path) -> LocalSource:
    contents: dict[str, bytes] = {}
    with open_archive(path) as tar:
        for member in tar:
            name = member.name.removeprefix("./").partition("/")[2]
            if name in _NEEDED and member.isreg() and (file := tar.extractfile(member)):
                contents[name] = file.read()
    version = _version(path, contents.get)
    sha256 = digest_of(path).sha256
    return LocalSource(path=path, sha256=sha256, version=version)


def _version(path: Path, read: Callable[[str], bytes | None]) -> str:
    """Return the version; `read` gives a needed file's content, None where it is missing."""
    contents = {name: read(name) for name in _NEEDED}
    missing = [name for name, content in contents.items() if content is None]
    if missing:
        raise UsageError(
            f"--source {path} is no CPython source: {', '.join(missing)} missing",
            hint="name the directory that has CPython's configure in it, or an archive of it",
        )
    match = _VERSION.search(contents[_PATCHLEVEL] or b"")
    if match is None:
        raise UsageError(f"--source {path}: {_PATCHLEVEL} does not define PY_VERSION")
    return match[1].decode("ascii", "replace")


def _files(directory: Path) -> Iterator[Path]:
    """Yield regular files and links; a link to a directory is a link."""
    for path in directory.iterdir():
        if path.name in IGNORED:
            continue
        if path.is_symlink() or path.is_file():
            yield path
        elif path.is_dir():
            yield from _files(path)
