"""Unpack an archive: safely, and either whole or not at all."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from factory.archives import tarfile
from factory.errors import SourceError
from factory.sources.disk import disk_errors, error_text

_CHUNK = 1 << 20


_Stream = gzip.GzipFile | lzma.LZMAFile | bz2.BZ2File
_Opener = Callable[[Path], _Stream]

_OPENERS: tuple[tuple[bytes, _Opener], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
    (b"BZh", bz2.BZ2File),
)


def unpack(archive: Path, destination: Path) -> None:
    """Extract a tar.gz, tar.xz, tar.bz2 or zip without its top directory.

    `destination` must not exist, or be an empty directory; it appears whole, by rename. Raises
    SourceError that names the file where it is no such archive, truncated or corrupt, or leads
    out of its directory, and MachineError where the disk fails.
    """
    with disk_errors(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    try:
        with disk_errors(destination):
            _extract(archive, temporary)
        with disk_errors(destination):
            _top_directory(temporary, archive).rename(destination)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _extract(archive: Path, directory: Path) -> None:
    if not zipfile.is_zipfile(archive):
        with open_archive(archive) as tar:
            tar.extractall(directory, filter=tarfile.data_filter)
        return
    try:
        with zipfile.ZipFile(archive) as files:
            for info in files.infolist():
                place = Path(files.extract(info, directory))  # never leaves `directory`
                if place.is_file() and info.external_attr >> 16 & 0o100:
                    place.chmod(0o755)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise _broken(archive, str(error)) from error


@contextmanager
def open_archive(archive: Path) -> Iterator[tarfile.TarFile]:
    """Read a compressed tar to its very end, whatever part of it the caller looks at.

    Raises SourceError that names the file and what is wrong with it.
    """
    opener = _opener(archive)
    try:
        with opener(archive) as stream:
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                yield tar
            # The checksum of the whole comes last, after what tar itself wants to read.
            while stream.read(_CHUNK):
                pass
    except (EOFError, lzma.LZMAError, tarfile.TarError, zlib.error) as error:
        raise _broken(archive, str(error)) from error
    except OSError as error:
        # bz2 and gzip complain about bad data by an OSError that has no number.
        if error.errno is None:
            raise _broken(archive, str(error)) from error
        raise


def check_archive(archive: Path) -> None:
    """Read an archive to its end; SourceError where it is none, or not whole."""
    if not zipfile.is_zipfile(archive):
        with open_archive(archive) as tar:
            tar.getmembers()
        return
    try:
        with zipfile.ZipFile(archive) as files:
            name = files.testzip()
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise _broken(archive, str(error)) from error
    if name is not None:
        raise _broken(archive, f"{name} is damaged")


def is_archive(path: Path) -> bool:
    """Tell by the first bytes whether a file is compressed in a way that we can read."""
    return _magic(path) is not None


def _opener(archive: Path) -> _Opener:
    try:
        opener = _magic(archive)
    except OSError as error:
        raise SourceError(f"{archive}: {error_text(error)}") from error
    if opener is None:
        raise _broken(archive, "the file begins like none of tar.gz, tar.xz, tar.bz2 and zip")
    return opener


def _magic(path: Path) -> _Opener | None:
    with path.open("rb") as file:
        start = file.read(6)
    return next((opener for magic, opener in _OPENERS if start.startswith(magic)), None)


def _top_directory(extracted: Path, archive: Path) -> Path:
    entries = sorted(extracted.iterdir())
    if len(entries) == 1 and entries[0].is_dir() and not entries[0].is_symlink():
        return entries[0]
    names = ", ".join(entry.name for entry in entries[:3]) or "nothing"
    raise _broken(archive, f"wanted one top directory, found {names}")


def _broken(archive: Path, reason: str) -> SourceError:
    return SourceError(
        f"cannot unpack {archive}: {reason}",
        hint="the archive is truncated or corrupt: get it again, and compare its hash",
    )
