"""Read the lists of releases that projects publish."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from factory.catalog import in_range
from factory.errors import SourceError
from factory.model.recipe import Source
from factory.model.upstream import Upstream

# A folder may be there before its archive is, or hold release candidates only.
_FOLDERS = 4


@dataclass(frozen=True, kw_only=True)
class Release:
    """A version, and how file names spell it; `folder` is what its folder is called."""

    version: str
    spelled: str
    folder: str | None = None


def order(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, which order it among others of the same project."""
    return tuple(map(int, re.findall(r"\d+", version)))


def wanted(version: str, within: str) -> bool:
    """Tell whether a version is in a range; one that Python's rules do not cover is in none."""
    if not within:
        return True
    try:
        return in_range(version, SpecifierSet(within))
    except InvalidVersion:
        return False


def newest(upstream: Upstream, read: Callable[[str], str]) -> Release:
    """Find the newest release that is wanted; SourceError where the list names none."""
    found: Iterable[Release]
    if upstream.folders is None:
        found = _releases(upstream, read(upstream.index))
    else:
        found = _in_folders(upstream, upstream.folders, read)
    release = max(found, key=lambda one: order(one.version), default=None)
    if release is None:
        raise SourceError(
            f"{upstream.index} lists nothing like {upstream.pattern}",
            hint="where the list has another form now, or another place: change 'upstream'",
        )
    return release


def pinned(source: Source, upstream: Upstream) -> Release:
    """Return the pinned release, as its own addresses spell it."""
    for archive in source.archives:
        for url in archive.urls:
            match = re.search(upstream.folders, url) if upstream.folders else None
            for release in _releases(replace(upstream, within=""), url):
                if release.version == source.version:
                    return replace(release, folder=match["folder"]) if match else release
    raise SourceError(f"{source}: no address of it fits {upstream.pattern}")


def moved(url: str, upstream: Upstream, old: Release, new: Release) -> str:
    """Return an address of the old release as the new one has it.

    SourceError where it does not name the version, so that the new address could not be told.
    """
    before, folder, after = "", "", url
    match = re.search(upstream.folders or upstream.pattern, url)
    if match and new.folder is not None and "folder" in match.re.groupindex:
        start, end = match.span("folder")
        before, folder, after = url[:start], new.folder, url[end:]
    spelled = re.compile(rf"(?<![\d.]){re.escape(old.spelled)}(?!\.?\d)")
    parts = [spelled.sub(new.spelled, part) for part in (before, after)]
    if parts == [before, after]:
        raise SourceError(f"{url} does not name the version {old.spelled}")
    return folder.join(parts)


def names(upstream: Upstream, url: str) -> bool:
    """Tell whether an address is of the archive that the list is read for."""
    return re.search(upstream.pattern, url) is not None


def _releases(upstream: Upstream, text: str) -> Iterator[Release]:
    for match in re.finditer(upstream.pattern, text):
        groups = match.groupdict()
        version = upstream.numbering.version(groups["version"])
        if wanted(version, upstream.within):
            yield Release(version=version, spelled=groups["version"], folder=groups.get("folder"))


def _in_folders(
    upstream: Upstream, folders: str, read: Callable[[str], str]
) -> tuple[Release, ...]:
    """Return the releases of the newest folder that has any."""
    matches = {match[0]: match["folder"] for match in re.finditer(folders, read(upstream.index))}
    fitting = [path for path, name in matches.items() if wanted(name, upstream.within)]
    for path in sorted(fitting, key=lambda one: order(matches[one]), reverse=True)[:_FOLDERS]:
        page = read(urljoin(upstream.index, path))
        if found := tuple(_releases(upstream, page)):
            return tuple(replace(one, folder=matches[path]) for one in found)
    return ()
