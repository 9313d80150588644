"""Look for newer versions, and get and check their archives."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from factory.console import Console
from factory.errors import SourceError
from factory.model.recipe import Archive
from factory.model.upstream import Upstream
from factory.pins.lists import Release, moved, names, newest, order, pinned, wanted
from factory.pins.published import published_hashes
from factory.pins.selection import Pin
from factory.sources.digest import digest_of
from factory.sources.disk import disk_errors
from factory.sources.http import Downloader
from factory.sources.place import PlaceError
from factory.sources.store import SourceStore
from factory.sources.unpack import check_archive


@dataclass(frozen=True, kw_only=True)
class Renewed:
    """A new archive in the place of an old one; `confirmed` is where its hash is published."""

    old: Archive
    new: Archive
    confirmed: str | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A newer version of what is pinned."""

    pin: Pin
    version: str
    archives: tuple[Renewed, ...]

    @property
    def dropped(self) -> tuple[str, ...]:
        """Debian's copies, which are of the old version."""
        pools = (archive.debian_pool for archive in self.pin.source.archives)
        return tuple(pool for pool in pools if pool is not None)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one pin: a change, a failure, or neither: it is the newest."""

    pin: Pin
    change: Change | None = None
    failure: SourceError | None = None


@dataclass(frozen=True, kw_only=True)
class Updater:
    """Looks, with `read` for pages and a downloader for archives, which go into the store."""

    read: Callable[[str], str]
    downloader: Downloader
    store: SourceStore
    console: Console

    def look(self, pin: Pin) -> Outcome:
        """Find out about one pin; what goes wrong upstream is a part of the outcome."""
        try:
            return Outcome(pin=pin, change=self._change(pin))
        except SourceError as error:
            return Outcome(pin=pin, failure=error)

    def _change(self, pin: Pin) -> Change | None:
        if pin.upstream is None:
            raise SourceError(
                "nothing says where upstream lists its releases",
                hint=f"add 'upstream' to {pin.file.name}; docs/sources.md has its keys",
            )
        old, new = pinned(pin.source, pin.upstream), newest(pin.upstream, self.read)
        if order(new.version) <= order(old.version):
            return None
        self.console.note(f"{pin.source}: {new.version} is there")
        archives = tuple(
            self._renewed(archive, pin.upstream, old, new)
            for archive in pin.source.archives
            if archive.urls
        )
        return Change(pin=pin, version=new.version, archives=archives)

    def _renewed(self, archive: Archive, upstream: Upstream, old: Release, new: Release) -> Renewed:
        urls = tuple(moved(url, upstream, old, new) for url in archive.urls)
        directory = self.store.root / "partial"
        with disk_errors(directory):
            directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="pin-", dir=directory) as folder:
            path = Path(folder, urls[0].rpartition("/")[2])
            url = self._download(urls, path)
            check_archive(path)
            confirmed = self._confirm(path, url, upstream, new)
            found = digest_of(path)
            pinned_now = Archive(sha256=found.sha256, size=found.size, urls=urls)
            self.store.admit(path, pinned_now)
        return Renewed(old=archive, new=pinned_now, confirmed=confirmed)

    def _download(self, urls: Sequence[str], path: Path) -> str:
        """Take the archive from the first address that has it, and return that address."""
        failures = []
        for url in urls:
            path.unlink(missing_ok=True)
            try:
                with self.console.progress(path.name, None) as bar:
                    self.downloader.download(url, path, None, bar.advance)
            except PlaceError as error:
                failures.append(f"{url}: {error.reason}")
            else:
                return url
        raise SourceError("; ".join(failures))

    def _confirm(self, path: Path, url: str, upstream: Upstream, new: Release) -> str | None:
        """Compare with the hash that upstream publishes; return the address that has it.

        None where upstream publishes none of this archive. SourceError where it does not say the
        hash that it should, or another one.
        """
        hashes = upstream.hashes
        if hashes is None or not names(upstream, url) or not wanted(new.version, hashes.when):
            return None
        directory = url.rpartition("/")[0] + "/"
        place = hashes.place.format(url=url, directory=directory, index=upstream.index)
        published = published_hashes(self.read(place), url.rpartition("/")[2])
        if not published:
            raise SourceError(f"{place} has no hash of {url}")
        if published.isdisjoint(_hashes(path)):
            raise SourceError(
                f"wrong bytes: {place} says {', '.join(sorted(published))} of {url}, which has "
                f"{digest_of(path)}",
                hint="do not pin it: ask upstream which of the two is right",
            )
        return place


def _hashes(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        return sha256, hashlib.file_digest(file, "sha3_256").hexdigest()
