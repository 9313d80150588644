"""A GitHub release, on a server that behaves like GitHub's."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from factory.console import Console
from factory.errors import PublishError
from factory.publish.publish import open_target, publish
from factory.publish.step import Step

TOKEN = "a token"


class GitHub(ThreadingHTTPServer):
    """Releases and assets of one repository, in memory; `cut` lets an upload end half-way."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.releases: list[dict[str, Any]] = []
        self.assets: dict[int, dict[str, Any]] = {}
        self.content: dict[int, bytes] = {}
        self.cut: set[str] = set()
        self.uploads: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: GitHub

    def _answer(self, code: int, data: object = None, raw: bytes | None = None) -> None:
        content = raw if raw is not None else b"" if data is None else json.dumps(data).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def _do(self) -> None:
        body = self._body() if self.headers["Content-Length"] else b""
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self._answer(401, {"message": "Bad credentials"})
        where = urlsplit(self.path)
        route = f"{self.command} {re.sub(r'/repos/me/pythons|[0-9]+', '', where.path)}"
        query = {key: value[0] for key, value in parse_qs(where.query).items()}
        number = int((re.findall(r"[0-9]+", where.path) or ["0"])[0])
        match route:
            case "GET /releases":
                return self._answer(200, self.server.releases)
            case "POST /releases":
                return self._answer(201, self._release(json.loads(body)))
            case "PATCH /releases/":
                self.server.releases[number] |= json.loads(body)
                return self._answer(200, self.server.releases[number])
            case "GET /releases//assets":
                rows = list(self.server.assets.values()) if query["page"] == "1" else []
                return self._answer(200, rows)
            case "POST /upload/":
                return self._upload(query["name"], body)
            case "GET /releases/assets/":
                assert self.headers["Accept"] == "application/octet-stream"
                return self._answer(200, raw=self.server.content[number])
            case "DELETE /releases/assets/":
                del self.server.assets[number]
                return self._answer(204)
        return self._answer(404, {"message": f"Not Found: {route}"})

    do_GET = do_POST = do_PATCH = do_DELETE = _do  # noqa: N815

    def _release(self, wanted: dict[str, Any]) -> dict[str, Any]:
        number = len(self.server.releases)
        base = f"{self.server.address}/repos/me/pythons"
        release = wanted | {
            "url": f"{base}/releases/{number}",
            "upload_url": f"{self.server.address}/upload/{number}{{?name,label}}",
        }
        self.server.releases.append(release)
        return release

    def _upload(self, name: str, body: bytes) -> None:
        if any(asset["name"] == name for asset in self.server.assets.values()):
            return self._answer(422, {"message": "already_exists"})
        number = len(self.server.uploads)
        self.server.uploads.append(name)
        whole = name not in self.server.cut
        self.server.assets[number] = {
            "name": name,
            "url": f"{self.server.address}/repos/me/pythons/releases/assets/{number}",
            "state": "uploaded" if whole else "starter",
            "digest": f"sha256:{hashlib.sha256(body).hexdigest()}" if whole else None,
        }
        self.server.content[number] = body
        return self._answer(201 if whole else 502, self.server.assets[number])

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    with GitHub() as server:
        monkeypatch.setenv("GITHUB_API_URL", server.address)
        monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def send(
    dist: Path, console: Console, *, execute: bool = True, token: str = TOKEN
) -> tuple[Step, ...]:
    target = open_target("github:me/pythons", None, token, "20261125")
    try:
        return publish(dist, target, console, tag="20261125", execute=execute)
    finally:
        target._http.close()  # type: ignore[attr-defined]


def test_a_release(github: GitHub, dist: Path, console: Console) -> None:
    assert len(send(dist, console, execute=False)) == 9
    assert github.releases == []
    assert len(send(dist, console)) == 9
    (release,) = github.releases
    assert (release["tag_name"], release["draft"]) == ("20261125", False)
    assert github.uploads[-1] == "SHA256SUMS"
    index = next(github.content[n] for n, a in github.assets.items() if a["name"] == "uv.json")
    (entry,) = json.loads(index).values()
    start = "https://github.example/me/pythons/releases/download/20261125/cpython-3.13.15-"
    assert entry["url"].startswith(start)


def test_a_second_run_changes_nothing(github: GitHub, dist: Path, console: Console) -> None:
    send(dist, console)
    assert send(dist, console) == ()
    assert len(github.uploads) == 9


def test_an_upload_that_breaks_off(github: GitHub, dist: Path, console: Console) -> None:
    """The release stays a draft; the next run removes the part and goes on from there."""
    name = "cpython-3.13.15-x86_64-unknown-linux-musl-single"
    github.cut.add(name)
    with pytest.raises(PublishError, match=f"POST .*{name}: 502"):
        send(dist, console)
    assert github.releases[0]["draft"]
    github.cut.clear()
    send(dist, console)
    assert not github.releases[0]["draft"]
    assert len(github.releases) == 1
    assert github.uploads.count(name) == 2
    assert len(github.uploads) == 10
    assert {asset["state"] for asset in github.assets.values()} == {"uploaded"}


def test_a_wrong_token(github: GitHub, dist: Path, console: Console) -> None:
    with pytest.raises(PublishError, match=r"401 Unauthorized: .*Bad credentials") as caught:
        send(dist, console, token="wrong")
    assert "GITHUB_TOKEN" in str(caught.value.hint)


@pytest.mark.parametrize(("text", "tag"), [("github:me/pythons", None), ("github:me", "1")])
def test_what_is_wanted(text: str, tag: str | None) -> None:
    with pytest.raises(PublishError, match="wanted a repository and the tag of a release"):
        open_target(text, tag=tag)
