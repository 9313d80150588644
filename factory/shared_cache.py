"""Caches that several machines share: a directory, or a server that takes GET and PUT.

A file is KEY.json or KEY.tar, as in the local cache. The archive is there before what names it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import requests
from requests.utils import get_auth_from_url, urldefragauth

from factory.errors import UsageError

# Seconds for a connection, and for an answer.
_TIMEOUT = (5, 120)
_CHUNK = 1 << 20


class SharedCache(Protocol):
    """A place for files by name; OSError where it does not answer as it should."""

    def get(self, name: str, place: Path) -> bool:
        """Write a file's bytes to `place`; False where there is none."""

    def put(self, name: str, file: Path) -> None:
        """Store a file."""


class SharedDirectory:
    """A directory, such as a network file system or what `cache export` writes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, name: str, place: Path) -> bool:
        """Copy a file out."""
        try:
            shutil.copyfile(self._root / name, place)
        except FileNotFoundError:
            return False
        return True

    def put(self, name: str, file: Path) -> None:
        """Copy a file in; it appears whole."""
        self._root.mkdir(parents=True, exist_ok=True)
        temporary = self._root / f".{name}.{os.getpid()}.tmp"
        try:
            shutil.copyfile(file, temporary)
            temporary.replace(self._root / name)
        finally:
            temporary.unlink(missing_ok=True)

    def stored(self) -> Iterator[str]:
        """Yield the key of every entry."""
        yield from sorted(file.stem for file in self._root.glob("[!.]*.json"))


class SharedServer:
    """A server that takes GET and PUT, such as nginx with WebDAV."""

    def __init__(self, address: str, token: str | None) -> None:
        # What goes wrong is said with the address: without user and password.
        self._address = urldefragauth(address).rstrip("/")
        self._http = requests.Session()
        if any(pair := get_auth_from_url(address)):
            self._http.auth = pair
        self._http.headers["Accept-Encoding"] = "identity"
        if token:
            self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, name: str, place: Path) -> bool:
        """Download a file."""
        with self._http.get(f"{self._address}/{name}", stream=True, timeout=_TIMEOUT) as answer:
            if answer.status_code == 404:
                return False
            answer.raise_for_status()
            with place.open("wb") as out:
                for chunk in answer.iter_content(_CHUNK):
                    out.write(chunk)
        return True

    def put(self, name: str, file: Path) -> None:
        """Upload a file."""
        with file.open("rb") as content:
            answer = self._http.put(f"{self._address}/{name}", data=content, timeout=_TIMEOUT)
        answer.raise_for_status()


def open_shared_cache(text: str, token: str | None) -> SharedCache:
    """Find the cache that FACTORY_REMOTE_CACHE names; UsageError for another kind."""
    scheme, separator, _ = text.partition("://")
    if not separator:
        return SharedDirectory(Path(text))
    if scheme in ("http", "https"):
        return SharedServer(text, token)
    raise UsageError(f"FACTORY_REMOTE_CACHE: wanted a directory or http(s)://..., found {text!r}")
