"""Get sources into the store, from the first place that has the right bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from factory.console import Console, Progress
from factory.errors import SourceError
from factory.model.recipe import Archive, Source
from factory.sources.debian import DebianArchive
from factory.sources.http import Downloader, Upstream
from factory.sources.mirror import mirror_from
from factory.sources.place import Advance, Place, PlaceError, Provider, WrongBytesError
from factory.sources.store import SourceStore

_THREADS = 4


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A source that is in the store: which of its archives, and where."""

    source: Source
    archive: Archive
    path: Path


@dataclass(frozen=True, kw_only=True)
class _Failure:
    archive: Archive
    place: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Missing:
    source: Source
    failures: tuple[_Failure, ...]


class _CancelledError(Exception):
    """Another thread failed, or the user gave up."""


def default_providers(mirrors: Sequence[str], downloader: Downloader) -> tuple[Provider, ...]:
    """Return the providers in order: the given mirrors, upstream, Debian's source archive.

    Raises UsageError for a mirror that is neither a directory nor an http address.
    """
    return (
        *(mirror_from(text, downloader) for text in mirrors),
        Upstream(downloader),
        DebianArchive(downloader),
    )


def fetch(
    source: Source,
    store: SourceStore,
    providers: Sequence[Provider],
    console: Console,
    offline: bool = False,
) -> Fetched:
    """Return one of the source's archives from the store, fetched if need be.

    Any archive of the source that is here will do; then come the providers, those that need no
    network first. Raises SourceError with every place tried and why it failed.
    """
    (fetched,) = fetch_all((source,), store, providers, console, offline)
    return fetched


def fetch_all(
    sources: Sequence[Source],
    store: SourceStore,
    providers: Sequence[Provider],
    console: Console,
    offline: bool = False,
) -> tuple[Fetched, ...]:
    """Fetch several sources at a time; return them in the order given.

    Raises one SourceError for all the sources that could not be had.
    """
    search = _Search(
        store=store,
        # sorted() is stable: the given order holds among mirrors on disk and among the others.
        providers=tuple(sorted(providers, key=lambda provider: provider.network)),
        console=console,
        offline=offline,
    )
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="fetch") as pool:
        tasks = [pool.submit(search.find, source) for source in sources]
        try:
            for task in wait(tasks, return_when=FIRST_EXCEPTION).done:
                task.result()
            outcomes = [task.result() for task in tasks]
        except BaseException:
            search.cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    missing = [outcome for outcome in outcomes if isinstance(outcome, _Missing)]
    if missing:
        raise SourceError(_describe(missing, store), hint=_hint(sources))
    return tuple(outcome for outcome in outcomes if isinstance(outcome, Fetched))


@dataclass(frozen=True, kw_only=True)
class _Search:
    store: SourceStore
    providers: tuple[Provider, ...]
    console: Console
    offline: bool
    cancelled: threading.Event = field(default_factory=threading.Event)

    def find(self, source: Source) -> Fetched | _Missing:
        for archive in source.archives:
            if (path := self.store.find(archive)) is not None:
                return Fetched(source=source, archive=archive, path=path)
        failures: list[_Failure] = []
        for archive, place in self._places(source, failures):
            self._pause(0)
            try:
                path = self._take(archive, place)
            except PlaceError as error:
                reason = error.reason
            except WrongBytesError as error:
                reason = error.message
                self.console.warn(f"{source}: refused {place.name}: {reason}")
            else:
                return Fetched(source=source, archive=archive, path=path)
            failures.append(_Failure(archive=archive, place=place.name, reason=reason))
        return _Missing(source=source, failures=tuple(failures))

    def _places(self, source: Source, failures: list[_Failure]) -> Iterator[tuple[Archive, Place]]:
        """Yield where to look; record the providers that are not to be asked."""
        for provider in self.providers:
            for archive in source.archives:
                if self.offline and provider.network:
                    reason = "not asked, because of --offline"
                    failures.append(_Failure(archive=archive, place=provider.name, reason=reason))
                    continue
                for place in provider.places(archive):
                    yield archive, place

    def _take(self, archive: Archive, place: Place) -> Path:
        with self.store.claim(archive, self._pause) as partial:
            if (path := self.store.find(archive)) is not None:
                return path
            resumed = partial.exists()
            try:
                return self._bring(archive, place, partial)
            except WrongBytesError as error:
                if not resumed or partial.exists():
                    raise
                # What an earlier attempt left may come from a bad place: take all from this one.
                self.console.warn(f"{place.name}: starting over, resumed to {error.message}")
            return self._bring(archive, place, partial)

    def _bring(self, archive: Archive, place: Place, partial: Path) -> Path:
        with self.console.progress(archive.filename, archive.size) as bar:
            place.bring(archive, partial, self._unless_cancelled(bar))
        path = self.store.admit(partial, archive)
        self.console.note(f"fetched {archive.filename} from {place.name}")
        return path

    def _unless_cancelled(self, bar: Progress) -> Advance:
        def advance(amount: int) -> None:
            self._pause(0)
            bar.advance(amount)

        return advance

    def _pause(self, seconds: float = 0.05) -> None:
        if self.cancelled.wait(seconds):
            raise _CancelledError


def _describe(missing: Sequence[_Missing], store: SourceStore) -> str:
    lines: list[str] = []
    for one in missing:
        lines.append(f"cannot get {one.source}")
        for archive in one.source.archives:
            lines.append(f"  {archive.filename}, sha256 {archive.sha256}")
            lines.append(f"    {store.root}: not in the store")
            lines += (
                f"    {failure.place}: {failure.reason}"
                for failure in one.failures
                if failure.archive == archive
            )
    return "\n".join(lines)


def _hint(sources: Sequence[Source]) -> str:
    releases = (source.version for source in sources if source.name == "cpython")
    command = " ".join(("factory fetch", *(f"--python {version}" for version in releases)))
    return (
        f"where there is a network, `{command}` fetches what is missing; "
        "elsewhere, name a directory that has the files by `--mirror DIR`"
    )
