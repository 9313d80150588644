"""Mirrors that the user names: directories, and addresses below which the files lie."""

from __future__ import annotations

import re
import shlex
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

from factory.errors import UsageError
from factory.model.recipe import Archive
from factory.sources.digest import digest_of
from factory.sources.disk import disk_errors, error_text
from factory.sources.http import Downloader, HttpPlace, without_credentials
from factory.sources.place import Advance, Miss, Place, PlaceError, WrongBytesError

SUMS = "SHA256SUMS"

_SUMS_LIMIT = 1 << 22
_PLAIN = re.compile(r"(?P<escaped>\\?)(?P<hex>[0-9a-fA-F]{64}) [ *](?P<name>.+)")
_TAGGED = re.compile(r"(?P<escaped>\\?)SHA256 \((?P<name>.+)\) = (?P<hex>[0-9a-fA-F]{64})")
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\\\": "\\"}

Names = dict[str, tuple[str, ...]]
"""File names by the lower-case hex of their SHA-256."""


@dataclass(frozen=True, kw_only=True)
class FilePlace:
    """A file in a directory of the user, which is never changed."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def bring(self, archive: Archive, partial: Path, advance: Advance) -> None:
        """Copy the file, if its bytes are the wanted ones."""
        try:
            found = digest_of(self.path)
        except OSError as error:
            raise PlaceError(error_text(error)) from error
        if not found.fits(archive):
            raise WrongBytesError(self.path, archive, found)
        with disk_errors(partial):
            shutil.copyfile(self.path, partial)
        advance(found.size)


@dataclass(frozen=True, kw_only=True)
class DirectoryMirror:
    """A directory, searched by hash through its SHA256SUMS and then by file name.

    Another machine's store is one too.
    """

    root: Path
    network: bool = False

    @property
    def name(self) -> str:
        """The path."""
        return str(self.root)

    def places(self, archive: Archive) -> tuple[Place, ...]:
        """Return the files that the sums file lists, then those that only have a right name."""
        if not self.root.is_dir():
            return (Miss(name=self.name, reason="no such directory"),)
        try:
            listed = self._sums().get(archive.sha256, ())
        except OSError as error:
            return (Miss(name=str(self.root / SUMS), reason=error_text(error)),)
        guesses = (*names_of(archive), f"sha256/{archive.sha256}")
        there = (name for name in guesses if (self.root / name).is_file())
        names = dict.fromkeys((*listed, *there))
        if not names:
            return (Miss(name=self.name, reason=_nothing(archive)),)
        return tuple(FilePlace(path=self.root / name) for name in names)

    def _sums(self) -> Names:
        path = self.root / SUMS
        return parse_sums(path.read_text("utf-8", "surrogateescape")) if path.exists() else {}


class UrlMirror:
    """An address with files below it, found through its SHA256SUMS and then by file name."""

    network = True

    def __init__(self, base: str, downloader: Downloader) -> None:
        self.name = without_credentials(base)
        self._base = base.rstrip("/")
        self._downloader = downloader
        self._lock = threading.Lock()
        self._listed: Names | None = None

    def places(self, archive: Archive) -> tuple[Place, ...]:
        """Return the addresses to try."""
        names = dict.fromkeys((*self._sums().get(archive.sha256, ()), *names_of(archive)))
        if not names:
            return (Miss(name=self.name, reason=_nothing(archive)),)
        return tuple(HttpPlace(url=self._url(name), downloader=self._downloader) for name in names)

    def _sums(self) -> Names:
        """Return the mirror's list, fetched once; a mirror need not have one."""
        with self._lock:
            if self._listed is None:
                try:
                    content = self._downloader.read(self._url(SUMS), _SUMS_LIMIT)
                except PlaceError:
                    content = b""
                self._listed = parse_sums(content.decode("utf-8", "replace"))
            return self._listed

    def _url(self, name: str) -> str:
        return f"{self._base}/{quote(name)}"


def mirror_from(text: str, downloader: Downloader) -> DirectoryMirror | UrlMirror:
    """Return the mirror that `--mirror` names: a directory or an http, https or file address.

    Raises UsageError for any other address.
    """
    if "://" not in text:
        return DirectoryMirror(root=Path(text).expanduser())
    with suppress(ValueError):
        parts = urlsplit(text)
        match parts.scheme:
            case "http" | "https" if parts.hostname:
                return UrlMirror(text, downloader)
            case "file" if parts.netloc in ("", "localhost"):
                return DirectoryMirror(root=Path(url2pathname(parts.path)))
    raise UsageError(
        f"cannot use {without_credentials(text)} as a mirror",
        hint="name a directory, or an address that begins with http://, https:// or file:///",
    )


def split_mirrors(text: str) -> tuple[str, ...]:
    """Split FACTORY_SOURCE_MIRROR at white space; a name with spaces is quoted as in a shell.

    Raises UsageError where a quote does not end.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"FACTORY_SOURCE_MIRROR: {error} in {text!r}",
            hint="separate mirrors by spaces and quote a name that has a space in it",
        ) from error


def parse_sums(text: str) -> Names:
    """Read what sha256sum(1) writes, plain or tagged; other lines are skipped.

    Names that lead out of the mirror are skipped too.
    """
    names: dict[str, list[str]] = {}
    for line in text.split("\n"):
        match = _PLAIN.fullmatch(line.rstrip("\r")) or _TAGGED.fullmatch(line.rstrip("\r"))
        if match is None:
            continue
        name = match["name"]
        if match["escaped"]:
            name = re.sub(r"\\[nr\\]", lambda found: _ESCAPES[found[0]], name)
        path = PurePosixPath(name)
        if not path.is_absolute() and ".." not in path.parts:
            names.setdefault(match["hex"].lower(), []).append(str(path))
    return {sha256: tuple(found) for sha256, found in names.items()}


def names_of(archive: Archive) -> tuple[str, ...]:
    """Return the file names under which upstream and Debian publish the archive."""
    addresses = [urlsplit(url).path for url in archive.urls]
    if archive.debian_pool:
        addresses.append(archive.debian_pool)
    names = (unquote(address.rsplit("/", 1)[-1]) for address in addresses)
    return tuple(dict.fromkeys(name for name in names if name not in ("", ".", "..")))


def _nothing(archive: Archive) -> str:
    names = " or ".join(names_of(archive))
    return f"{SUMS} does not list it" + (f", and no file is named {names}" if names else "")
