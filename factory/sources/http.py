"""Downloads over HTTP: retried, resumed, and limited to the size that is wanted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

import factory
from factory.model.recipe import Archive
from factory.sources.disk import disk_errors, error_text
from factory.sources.place import Advance, PlaceError

T = TypeVar("T")

_CHUNK = 1 << 16
_BACKOFF = 0.5
_LONGEST_WAIT = 30.0
_WORTH_A_RETRY = frozenset({408, 425, 429, 500, 502, 503, 504})
# Archives are wanted as they lie on the server: a .tar.gz must not be unpacked on the way.
_HEADERS = {"User-Agent": f"factory/{factory.__version__}", "Accept-Encoding": "identity"}


class _TemporaryError(Exception):
    """What may work when tried again, after `wait` seconds at least."""

    def __init__(self, reason: str, *, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class _UnreachableError(_TemporaryError):
    """No connection, for which at most `attempts` are worth while.

    A machine without a network should say so soon, for all of its sources.
    """

    def __init__(self, reason: str, *, attempts: int) -> None:
        super().__init__(reason)
        self.attempts = attempts


class _Meter:
    """Tell the progress bar the difference between positions."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._position = 0

    def at(self, position: int) -> None:
        if position != self._position:
            self._advance(position - self._position)
            self._position = position


class Downloader:
    """Fetch addresses; remembers for its life time which servers could not be reached.

    Timeouts are in seconds: `connect` to reach a server, `read` for it to send anything at all.
    Usable by several threads.
    """

    def __init__(
        self,
        *,
        attempts: int = 5,
        connect: float = 10.0,
        read: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._attempts = attempts
        self._timeout = (connect, read)
        self._sleep = sleep
        self._unreachable: set[str] = set()

    def download(self, url: str, to: Path, size: int | None, advance: Advance) -> None:
        """Complete the file `to`; a `size` in bytes is what may come and no more.

        A file that the server holds in a shorter form is completed as it is: the hash tells.
        Raises PlaceError with the reason, and MachineError where the disk fails.
        """
        meter = _Meter(advance)
        self._persist(url, lambda session: self._receive(session, url, to, size, meter))

    def read(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
        """Return a small file; raises PlaceError, also above `limit` bytes."""
        return self._persist(url, lambda session: self._read(session, url, limit, headers or {}))

    def _persist(self, url: str, action: Callable[[requests.Session], T]) -> T:
        server = urlsplit(url).netloc
        attempts = 1 if server in self._unreachable else self._attempts
        attempt = 1
        with requests.Session() as session:
            session.headers.update(_HEADERS)
            while True:
                try:
                    return action(session)
                except _TemporaryError as error:
                    if isinstance(error, _UnreachableError):
                        attempts = min(attempts, error.attempts)
                        self._unreachable.add(server)
                    if attempt >= attempts:
                        raise PlaceError(_tried(error.reason, attempt)) from error
                    self._sleep(max(error.wait, _BACKOFF * 2 ** (attempt - 1)))
                    attempt += 1

    def _receive(
        self, session: requests.Session, url: str, to: Path, size: int | None, meter: _Meter
    ) -> None:
        have = _bytes_there(to, size)
        meter.at(have)
        if have == size:
            return
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._get(session, url, headers) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                _settle_unsatisfiable(response, to, have)
                return
            _check_status(response)
            start = _start(response, have, size, to)
            length = _content_length(response)
            if size is not None and length is not None and start + length > size:
                raise PlaceError(f"the file has {start + length} bytes, wanted {size}")
            end = self._write(response, to, start, size, meter)
        if size is not None and length is None and end < size:
            raise _TemporaryError(f"the transfer ended after {end} of {size} bytes")

    def _write(
        self, response: requests.Response, to: Path, start: int, size: int | None, meter: _Meter
    ) -> int:
        """Append what the server sends; return the position reached."""
        position = start
        with disk_errors(to), to.open("ab" if start else "wb") as file:
            meter.at(start)
            for chunk in _body(response):
                position += len(chunk)
                if size is not None and position > size:
                    file.truncate(0)
                    raise PlaceError(f"the file has more than the {size} bytes wanted")
                file.write(chunk)
                meter.at(position)
        return position

    def _read(
        self, session: requests.Session, url: str, limit: int, headers: Mapping[str, str]
    ) -> bytes:
        content = b""
        with self._get(session, url, headers) as response:
            _check_status(response)
            for chunk in _body(response):
                content += chunk
                if len(content) > limit:
                    raise PlaceError(f"the file has more than {limit} bytes")
        return content

    @contextmanager
    def _get(
        self, session: requests.Session, url: str, headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        try:
            response = session.get(url, headers=headers, stream=True, timeout=self._timeout)
        except requests.exceptions.SSLError as error:
            raise PlaceError(f"TLS: {_root_cause(error)}") from error
        except requests.ConnectTimeout as error:
            # The kernel has repeated the call several times by now.
            reason = f"no connection within {self._timeout[0]:g} s"
            raise _UnreachableError(reason, attempts=1) from error
        except requests.ConnectionError as error:
            raise _UnreachableError(_root_cause(error), attempts=3) from error
        except requests.Timeout as error:
            raise _TemporaryError(f"no answer within {self._timeout[1]:g} s") from error
        except (requests.RequestException, ValueError) as error:
            raise PlaceError(_root_cause(error)) from error
        with response:
            yield response


@dataclass(frozen=True, kw_only=True)
class HttpPlace:
    """A file behind an address."""

    url: str
    downloader: Downloader

    @property
    def name(self) -> str:
        """The address without user name and password."""
        return without_credentials(self.url)

    def bring(self, archive: Archive, partial: Path, advance: Advance) -> None:
        """Download what `partial` lacks."""
        self.downloader.download(self.url, partial, archive.size, advance)


class Upstream:
    """The addresses that the catalog names."""

    name = "upstream"
    network = True

    def __init__(self, downloader: Downloader) -> None:
        self._downloader = downloader

    def places(self, archive: Archive) -> tuple[HttpPlace, ...]:
        """Return the archive's own addresses."""
        return tuple(HttpPlace(url=url, downloader=self._downloader) for url in archive.urls)


def without_credentials(url: str) -> str:
    """Return the address as it may be shown."""
    return re.sub(r"(?<=://)[^/?#]*@", "", url)


def _bytes_there(to: Path, size: int | None) -> int:
    """Return how many bytes an earlier attempt left; drop a file that is too long to be one."""
    with disk_errors(to):
        if not to.exists():
            return 0
        have = to.stat().st_size
        if size is not None and have > size:
            to.unlink()
            return 0
        return have


def _check_status(response: requests.Response) -> None:
    if response.status_code in (requests.codes.ok, requests.codes.partial_content):
        return
    reason = f"HTTP {response.status_code} {response.reason}".strip()
    if response.status_code in _WORTH_A_RETRY:
        after = response.headers.get("Retry-After", "")
        wait = min(float(after), _LONGEST_WAIT) if after.isdecimal() else 0.0
        raise _TemporaryError(reason, wait=wait)
    raise PlaceError(reason)


def _settle_unsatisfiable(response: requests.Response, to: Path, have: int) -> None:
    """Accept that there is nothing after what we have, or start over."""
    if response.headers.get("Content-Range") == f"bytes */{have}":
        return
    with disk_errors(to):
        to.unlink(missing_ok=True)
    raise _TemporaryError("the server has fewer bytes than an earlier download left")


def _start(response: requests.Response, have: int, size: int | None, to: Path) -> int:
    """Return the position of the first byte to come; 0 where the server sends the whole file."""
    if response.status_code != requests.codes.partial_content:
        return 0
    given = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", given)
    if match and int(match[1]) == have and (size is None or match[2] in ("*", str(size))):
        return have
    with disk_errors(to):
        to.unlink(missing_ok=True)
    raise _TemporaryError(f"asked for bytes {have}- and got {given or 'an unnamed part'}")


def _content_length(response: requests.Response) -> int | None:
    value = response.headers.get("Content-Length", "")
    return int(value) if value.isdecimal() else None


def _body(response: requests.Response) -> Iterator[bytes]:
    raw: urllib3.response.BaseHTTPResponse = response.raw
    try:
        yield from raw.stream(_CHUNK, decode_content=False)
    except urllib3.exceptions.HTTPError as error:
        raise _TemporaryError(f"the transfer broke off: {_root_cause(error)}") from error


def _root_cause(error: BaseException) -> str:
    """Return the innermost reason, without the libraries' wrapping."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error_text(error) if isinstance(error, OSError) else str(error)


def _tried(reason: str, attempts: int) -> str:
    return f"{reason} (tried {attempts} times)" if attempts > 1 else reason
