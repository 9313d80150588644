"""Debian's source archive, on the mirrors that this machine's apt uses.

Debian keeps upstream's archives in its pool. The pool is asked by path, not through an index: an
index may name files that are gone, while a pool path with a hash is either right or not there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from urllib.parse import quote

from factory.model.recipe import Archive
from factory.sources.http import Downloader, HttpPlace, without_credentials
from factory.sources.place import Miss, Place

_NAME = "Debian's source archive"
_TIMEOUT = 20.0


@dataclass(frozen=True, kw_only=True)
class AptMirrors:
    """What apt answered: addresses in the order to try, and the places that cannot be used."""

    urls: tuple[str, ...] = ()
    skipped: tuple[Miss, ...] = ()


class DebianArchive:
    """The pool of each apt mirror; apt is asked once, when an archive is first looked for."""

    name = _NAME
    network = True

    def __init__(self, downloader: Downloader) -> None:
        self._downloader = downloader
        self._lock = threading.Lock()
        self._mirrors: AptMirrors | None = None

    def places(self, archive: Archive) -> tuple[Place, ...]:
        """Return the archive's pool path on each mirror; none where Debian has no such bytes."""
        if archive.debian_pool is None:
            return ()
        mirrors = self._asked()
        path = f"pool/{quote(archive.debian_pool)}"
        urls = (HttpPlace(url=url + path, downloader=self._downloader) for url in mirrors.urls)
        return (*urls, *mirrors.skipped)

    def _asked(self) -> AptMirrors:
        with self._lock:
            if self._mirrors is None:
                self._mirrors = apt_mirrors()
            return self._mirrors


def apt_mirrors() -> AptMirrors:
    """Ask apt for its mirrors, as any user and without touching a file; nothing without apt."""
    program = shutil.which("apt-get")
    if program is None:
        return AptMirrors()
    try:
        done = subprocess.run(
            [program, "indextargets", "--format", "$(REPO_URI) $(ORIGIN)"],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return _no_answer(f"apt-get indextargets did not answer within {_TIMEOUT:g} s")
    except OSError as error:
        return _no_answer(f"apt-get: {error.strerror}")
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2]
        return _no_answer(f"apt-get indextargets ended with {done.returncode}: {last}")
    return parse_index_targets(done.stdout)


def parse_index_targets(text: str) -> AptMirrors:
    """Read lines of a repository's address and its origin; Debian's own come first."""
    origins: dict[str, str] = {}
    for line in text.splitlines():
        url, _, origin = line.strip().partition(" ")
        if url:
            origins.setdefault(url if url.endswith("/") else f"{url}/", origin)
    ordered = sorted(origins, key=lambda url: origins[url] != "Debian")
    usable = [url for url in ordered if url.startswith(("http://", "https://"))]
    return AptMirrors(
        urls=tuple(usable),
        skipped=tuple(
            Miss(name=without_credentials(url), reason="only http and https mirrors are asked")
            for url in ordered
            if url not in usable
        ),
    )


def _no_answer(reason: str) -> AptMirrors:
    return AptMirrors(skipped=(Miss(name=_NAME, reason=reason),))
