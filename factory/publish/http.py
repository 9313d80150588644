"""Publish to a server that takes PUT, such as nginx with WebDAV."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import requests
from requests.utils import get_auth_from_url, urldefragauth

from factory.errors import PublishError
from factory.publish.index import SUMS, read_sums

# Seconds for a connection, and for an answer.
TIMEOUT = (15, 120)


class HttpServer:
    """`token` becomes an Authorization header; a user and password may stand in the address."""

    def __init__(self, address: str, token: str | None) -> None:
        # Addresses end up in lists that everybody reads: without user and password.
        self._address = urldefragauth(address).rstrip("/")
        self._http = requests.Session()
        if any(pair := get_auth_from_url(address)):
            self._http.auth = pair
        if token:
            self._http.headers["Authorization"] = f"Bearer {token}"

    def url(self, name: str) -> str:
        """Return the address under which a file can be downloaded."""
        return f"{self._address}/{name}"

    def hashes(self) -> dict[str, str]:
        """Return what the server's own list says, of files that answer."""
        listed = read_sums(self.read(SUMS) or "")
        return {name: digest for name, digest in listed.items() if self._is_there(name)}

    def read(self, name: str) -> str | None:
        """Return the text of a small file; None where there is none."""
        answer = self._ask("GET", name, allowed=(404,))
        return answer.content.decode("utf-8") if answer.ok else None

    def put(self, name: str, file: Path) -> None:
        """Send a file; a server that keeps parts of a broken one gets it again the next time."""
        with file.open("rb") as content:
            self._ask("PUT", name, data=content)

    def finish(self) -> None:
        """Close the connection."""
        self._http.close()

    def _is_there(self, name: str) -> bool:
        return self._ask("HEAD", name, allowed=(404,)).ok

    def _ask(
        self,
        method: str,
        name: str,
        *,
        data: IO[bytes] | None = None,
        allowed: tuple[int, ...] = (),
    ) -> requests.Response:
        url = self.url(name)
        try:
            answer = self._http.request(method, url, data=data, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise PublishError(
                f"{method} {url}: {reason(error, TIMEOUT)}",
                hint="nothing is half-published: run it again",
            ) from error
        if not answer.ok and answer.status_code not in allowed:
            raise PublishError(f"{method} {url}: {status(answer)}", hint=advice(answer))
        return answer


def reason(error: requests.RequestException, timeout: tuple[float, float]) -> str:
    """Say why there is no answer; `timeout` is for the connection and for the answer."""
    match error:
        case requests.ConnectTimeout():
            return f"no connection within {timeout[0]:g} s"
        case requests.Timeout():
            return f"no answer within {timeout[1]:g} s"
    return str(error)


def parsed(answer: requests.Response) -> Any:
    """Return the JSON of an answer; PublishError where it is none."""
    try:
        return answer.json()
    except requests.JSONDecodeError as error:
        text = " ".join(answer.text.split())[:200]
        raise PublishError(
            f"{answer.request.method} {answer.url}: the answer is no JSON: {text}",
            hint="is that the right address? A proxy may have answered in its place",
        ) from error


def status(answer: requests.Response) -> str:
    """Say what a server answered, on one line."""
    text = " ".join(answer.text.split())[:200]
    return f"{answer.status_code} {answer.reason}{f': {text}' if text else ''}"


def advice(answer: requests.Response) -> str:
    """Say what to do about an answer."""
    match answer.status_code:
        case 401 | 403:
            return "set FACTORY_PUBLISH_TOKEN, or GITHUB_TOKEN for GitHub, to one that may write"
        case 409:
            return "the server's directory is missing, or another upload is under way"
        case code if code >= 500:
            return "the server has a problem: run it again later, what is done is not sent again"
    return "see the server's log"
