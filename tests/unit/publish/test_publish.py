"""Directories and a server that takes PUT; the same rules for both."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from factory.cli import run
from factory.console import Console
from factory.errors import ExitCode, PublishError
from factory.publish.index import read_sums
from factory.publish.publish import open_target, publish
from factory.publish.step import Step
from tests.unit.publish.conftest import add_build

Publish = Callable[..., tuple[Step, ...]]


class Server(ThreadingHTTPServer):
    """Takes PUT; `answers` holds status codes for the next requests of a method."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, list[int]] = {"PUT": [], "GET": []}
        self.log: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self, code: int, content: bytes = b"") -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self) -> None:
        if answers := self.server.answers["GET"]:
            return self._answer(answers.pop(0), b"not now")
        content = self.server.files.get(self.path[1:])
        return self._answer(404) if content is None else self._answer(200, content)

    do_HEAD = do_GET  # noqa: N815

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.log.append(self.path[1:])
        if answers := self.server.answers["PUT"]:
            return self._answer(answers.pop(0), b"not <b>now</b>")
        self.server.files[self.path[1:]] = content
        return self._answer(201)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["directory", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "directory":
        return str(tmp_path / "www")
    found: Server = request.getfixturevalue("server")
    return found.address


@pytest.fixture
def send(console: Console, place: str) -> Publish:
    def run(folder: Path, *, execute: bool = True, tag: str | None = None) -> tuple[Step, ...]:
        target = open_target(place, None, None)
        try:
            return publish(folder, target, console, tag=tag, execute=execute)
        finally:
            target.finish()

    return run


@pytest.fixture
def read(place: str) -> Callable[[str], str]:
    def text(name: str) -> str:
        target = open_target(place, None, None)
        found = target.read(name)
        target.finish()
        assert found is not None
        return found

    return text


LISTS = ["uv.json", "pythons.ndjson", "latest-release.json", "index.html", "install.sh"]
LISTS += ["SHA256SUMS"]
STEM = "cpython-3.13.15-x86_64-unknown-linux-musl"


def test_a_dry_run_changes_nothing(send: Publish, dist: Path, read: Callable[[str], str]) -> None:
    steps = send(dist, execute=False)
    names = [step.name for step in steps]
    assert names == [
        *(f"{STEM}-install_only.tar.gz", f"{STEM}-single", f"{STEM}.manifest.json", *LISTS)
    ]
    assert {step.why for step in steps} == {"new"}
    with pytest.raises(AssertionError):
        read("SHA256SUMS")


def test_a_second_run_changes_nothing(send: Publish, dist: Path) -> None:
    assert len(send(dist)) == 9
    assert send(dist) == ()


def test_lists(send: Publish, dist: Path, read: Callable[[str], str], place: str) -> None:
    send(dist, tag="20261125")
    sums = read_sums(read("SHA256SUMS"))
    single = f"{STEM}-single"
    assert sums[single] == hashlib.sha256((dist / single).read_bytes()).hexdigest()
    assert sums.keys() == {single, f"{STEM}-install_only.tar.gz", f"{STEM}.manifest.json"}
    entries: dict[str, Any] = json.loads(read("uv.json"))
    assert list(entries) == ["cpython-3.13.15-linux-x86_64-musl"]
    (entry,) = entries.values()
    assert entry["url"].endswith(f"/{STEM}-install_only.tar.gz")
    assert (entry["minor"], entry["patch"], entry["prerelease"]) == (13, 15, "")
    assert (entry["libc"], entry["build"]) == ("musl", "20261125")
    (row,) = map(json.loads, read("pythons.ndjson").splitlines())
    assert row["version"] == "3.13.15+20261125"
    assert {one["variant"] for one in row["artifacts"]} == {"install_only", "single"}
    assert json.loads(read("latest-release.json"))["tag"] == "20261125"
    page = read("index.html")
    assert f'href="{single}"' in page
    assert sums[single] in page


def test_what_was_published_before_stays_listed(
    send: Publish, dist: Path, tmp_path: Path, read: Callable[[str], str]
) -> None:
    send(dist)
    steps = send(add_build(tmp_path / "other", "3.14.7"))
    assert {step.name: step.why for step in steps}["uv.json"] == "differs"
    assert list(json.loads(read("uv.json"))) == [
        "cpython-3.14.7-linux-x86_64-musl",
        "cpython-3.13.15-linux-x86_64-musl",
    ]
    assert len(read("SHA256SUMS").splitlines()) == 6


def test_a_changed_artifact_is_refused(send: Publish, dist: Path) -> None:
    with (dist / f"{STEM}-single").open("ab") as file:
        file.write(b"!")
    with pytest.raises(PublishError, match="-single was changed after it was verified") as caught:
        send(dist)
    assert caught.value.exit_code == ExitCode.PUBLISH


def test_a_missing_artifact_is_refused(send: Publish, dist: Path) -> None:
    (dist / f"{STEM}-single").unlink()
    with pytest.raises(PublishError, match="-single is missing, and its manifest names it"):
        send(dist)


def test_what_was_not_verified_is_refused(send: Publish, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"-install_only\.tar\.gz was not verified"):
        send(add_build(tmp_path / "dist", "3.13.15", verified=False))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"source_date_epoch": 1, "artifacts": [{}]}'])
def test_a_broken_manifest(send: Publish, dist: Path, text: str) -> None:
    (dist / f"{STEM}.manifest.json").write_text(text)
    with pytest.raises(PublishError, match=r"\.manifest\.json is no build manifest: "):
        send(dist)


def test_nothing_to_publish(send: Publish, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="nothing to publish"):
        send(tmp_path)


def test_an_unknown_kind_of_target() -> None:
    with pytest.raises(PublishError, match="ftp://x: no target of that kind"):
        open_target("ftp://x", None, None)


@pytest.mark.parametrize(
    ("code", "advice"),
    [(401, "FACTORY_PUBLISH_TOKEN"), (409, "directory is missing"), (500, "run it again later")],
)
def test_a_server_that_refuses(
    console: Console, dist: Path, server: Server, code: int, advice: str
) -> None:
    """The lists come last, so nobody reads of what is not there; a repetition finishes."""
    server.answers["PUT"] = [201, code]
    target = open_target(server.address, None, None)
    with pytest.raises(PublishError, match=f"PUT .*: {code} .*: not <b>now</b>") as caught:
        publish(dist, target, console, tag=None, execute=True)
    assert advice in str(caught.value.hint)
    assert not server.files.keys() & set(LISTS)
    publish(dist, target, console, tag=None, execute=True)
    assert set(LISTS) <= server.files.keys()
    target.finish()


def test_lists_are_sent_last(console: Console, dist: Path, server: Server) -> None:
    target = open_target(server.address, None, None)
    publish(dist, target, console, tag=None, execute=True)
    target.finish()
    assert server.log[-6:] == LISTS


def test_a_token_is_sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    def remember(self: Handler) -> None:
        seen.append(self.headers["Authorization"])
        self._answer(404)

    monkeypatch.setattr(Handler, "do_GET", remember)
    target = open_target(server.address, None, "secret")
    assert target.read("x") is None
    target.finish()
    assert seen == ["Bearer secret"]


def test_nobody_listens(console: Console, dist: Path) -> None:
    with Server() as closed:
        address = closed.address
    target = open_target(address, None, None)
    with pytest.raises(PublishError, match=f"GET {address}/SHA256SUMS: ") as caught:
        publish(dist, target, console, tag=None, execute=False)
    assert "run it again" in str(caught.value.hint)
    target.finish()


def test_user_and_password_stay_here(
    console: Console, dist: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are sent to the server, and are in nothing that others read."""
    seen: list[str | None] = []
    put = Handler.do_PUT

    def remember(self: Handler) -> None:
        seen.append(self.headers["Authorization"])
        put(self)

    monkeypatch.setattr(Handler, "do_PUT", remember)
    target = open_target(server.address.replace("//", "//me:secret@"))
    publish(dist, target, console, tag=None, execute=True)
    assert set(seen) == {"Basic bWU6c2VjcmV0"}
    assert not [name for name, content in server.files.items() if b"secret" in content]
    server.answers["GET"] = [500]
    with pytest.raises(PublishError) as caught:
        target.read("x")
    assert "secret" not in caught.value.message
    target.finish()


def test_githubs_token_is_for_github_alone(
    dist: Path, server: Server, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []

    def remember(self: Handler) -> None:
        seen.append(self.headers["Authorization"])
        self._answer(404)

    monkeypatch.setattr(Handler, "do_GET", remember)
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.delenv("FACTORY_PUBLISH_TOKEN", raising=False)
    assert run(["publish", str(dist), "--to", server.address], console) == 0
    assert set(seen) == {None}
