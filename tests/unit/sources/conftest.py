"""A file server on this machine, and what the tests of the sources share."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

import pytest

from factory.console import Console
from factory.model.recipe import Archive
from factory.sources.http import Downloader
from factory.sources.store import SourceStore

CONTENT = bytes(range(256)) * 1200  # several chunks of the downloader


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How the server treats one request."""

    content: bytes = b""
    status: int = 200
    ranges: bool = True  # honour a Range header
    stop_after: int | None = None  # hang up after so many bytes
    declare_length: bool = True
    seconds: float = 0.0  # wait halfway
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that came in."""

    path: str
    range: str | None
    agent: str
    authorization: str | None = None


class FileServer:
    """Serve `answers`: the last one of a path repeats, the others are used up."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def url(self, path: str) -> str:
        return f"{self.base}/{path}"

    def serve(self, path: str, *answers: Answer | bytes) -> str:
        self.answers[f"/{path}"] = [
            Answer(content=answer) if isinstance(answer, bytes) else answer for answer in answers
        ]
        return self.url(path)

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str) -> Answer:
        answers = self.answers.get(path, [Answer(status=404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                agent = self.headers.get("User-Agent", "")
                token = self.headers.get("Authorization")
                server.seen.append(
                    Seen(path=self.path, range=asked, agent=agent, authorization=token)
                )
                try:
                    respond(self, server.answer(self.path), asked)
                except ConnectionError:
                    self.close_connection = True  # the client has seen enough

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def respond(handler: BaseHTTPRequestHandler, answer: Answer, asked: str | None) -> None:
    content, total = answer.content, len(answer.content)
    status, headers = answer.status, dict(answer.headers)
    if asked is not None and answer.ranges and status == 200:
        match = re.fullmatch(r"bytes=(\d+)-", asked)
        assert match
        start = int(match[1])
        content = content[start:]
        status = 206 if content else 416
        whole = f"bytes {start}-{total - 1}/{total}" if content else f"bytes */{total}"
        headers.setdefault("Content-Range", whole)
    handler.send_response(status)
    if answer.declare_length:
        headers.setdefault("Content-Length", str(len(content)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    if answer.stop_after is not None:
        content = content[: answer.stop_after]
    half = len(content) // 2 if answer.seconds else len(content)
    handler.wfile.write(content[:half])
    time.sleep(answer.seconds)
    handler.wfile.write(content[half:])


class Pinned(Protocol):
    def __call__(
        self, content: bytes, *urls: str, pool: str | None = None, size: int | None = None
    ) -> Archive: ...


@pytest.fixture
def pinned() -> Pinned:
    """Return the archive that pins the given bytes."""

    def make(
        content: bytes, *urls: str, pool: str | None = None, size: int | None = None
    ) -> Archive:
        return Archive(
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content) if size is None else size,
            urls=urls,
            debian_pool=pool,
        )

    return make


@pytest.fixture
def content() -> bytes:
    return CONTENT


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = FileServer()
    yield server
    server.close()


@pytest.fixture
def stderr() -> io.StringIO:
    """What the console has said."""
    return io.StringIO()


@pytest.fixture
def console(stderr: io.StringIO) -> Console:
    return Console(stderr)


@pytest.fixture
def store(tmp_path: Path, console: Console) -> SourceStore:
    return SourceStore(tmp_path / "store", console)


@pytest.fixture
def pauses() -> list[float]:
    """How long the downloader would have slept."""
    return []


@pytest.fixture
def downloader(pauses: list[float]) -> Downloader:
    return Downloader(attempts=4, read=5.0, sleep=pauses.append)
