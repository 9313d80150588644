"""Servers that are silent, that stop in the middle, and that refuse: for every kind of target."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from factory.__main__ import main
from factory.console import Console
from factory.errors import ExitCode, PublishError
from factory.publish import github, http, registry
from factory.publish.publish import open_target, publish
from factory.publish.registry import Registry, publish_images

PATIENCE = (5, 0.3)
Send = Callable[[str], None]


@pytest.fixture(params=["server", "github", "registry"])
def to(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], str]:
    """What --to is for a port of this machine."""

    def name(port: int) -> str:
        if request.param == "server":
            return f"http://127.0.0.1:{port}"
        if request.param == "registry":
            return f"oci://127.0.0.1:{port}/me/python"
        monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{port}")
        return "github:me/pythons"

    return name


@pytest.fixture
def send(dist: Path, console: Console) -> Send:
    def run(to: str) -> None:
        if to.startswith("oci://"):
            target = Registry(to.removeprefix("oci://"), "secret")
            try:
                publish_images(dist, target, console, execute=True)
            finally:
                target.close()
            return
        place = open_target(to, None, "secret", "20261125")
        try:
            publish(dist, place, console, tag="20261125", execute=True)
        finally:
            place._http.close()  # type: ignore[attr-defined]

    return run


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, github, registry):
        monkeypatch.setattr(module, "TIMEOUT", PATIENCE)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server to which one can connect; it reads nothing, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.usefixtures("impatient")
def test_a_server_that_never_answers(send: Send, to: Callable[[int], str], silent: int) -> None:
    begun = time.monotonic()
    with pytest.raises(
        PublishError, match=r"^GET http://127.*: no answer within 0\.3 s$"
    ) as caught:
        send(to(silent))
    assert time.monotonic() - begun < 5
    assert caught.value.exit_code == ExitCode.PUBLISH
    assert "run it again" in str(caught.value.hint)


@pytest.mark.usefixtures("impatient")
def test_the_command_line_says_so(
    dist: Path, to: Callable[[int], str], silent: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["publish", str(dist), "--to", to(silent), "--tag", "1"]) == ExitCode.PUBLISH
    assert "no answer within 0.3 s\nhint: " in capsys.readouterr().err


def test_an_upload_that_nobody_reads(
    silent: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the buffers of a connection take."""
    monkeypatch.setattr(http, "TIMEOUT", (0.3, 0.3))
    with (tmp_path / "large").open("wb") as file:
        file.truncate(256 << 20)
    target = open_target(f"http://127.0.0.1:{silent}")
    with pytest.raises(PublishError, match=f"PUT http://127.0.0.1:{silent}/large: .*timed out"):
        target.put("large", tmp_path / "large")
    target.finish()


class Server(ThreadingHTTPServer):
    """Gives the same answer to everything."""

    def __init__(self, code: int, content: bytes, headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.code, self.content, self.headers = code, content, headers


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.send_response(self.server.code)
        self.send_header("Content-Length", str(len(self.server.content)))
        for name, value in self.server.headers.items():
            self.send_header(name, value.format(port=self.server.server_port))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *arguments: object) -> None:
        pass


Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server; returns its port."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(code: int, content: bytes, headers: dict[str, str] | None = None) -> int:
        server = Server(code, content, headers or {})
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        return server.server_port

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (401, "FACTORY_PUBLISH_TOKEN"),
        (403, "FACTORY_PUBLISH_TOKEN"),
        (409, "another upload is under way"),
        (500, "run it again later"),
        (503, "run it again later"),
    ],
)
def test_a_server_that_refuses(
    send: Send, to: Callable[[int], str], serve: Serve, code: int, advice: str
) -> None:
    port = serve(code, b'{"message": "not now"}')
    with pytest.raises(PublishError, match=rf"^GET http://.*: {code} .*not now") as caught:
        send(to(port))
    assert caught.value.exit_code == ExitCode.PUBLISH
    assert advice in str(caught.value.hint)


def test_a_server_that_hangs_up_in_the_middle(
    send: Send, to: Callable[[int], str], serve: Serve
) -> None:
    port = serve(200, b"[", {"Content-Length": "1000"})
    with pytest.raises(PublishError, match="GET http://127"):
        send(to(port))


@pytest.mark.parametrize("name", ["github:me/pythons", "oci://127.0.0.1:{}/me/python"])
def test_an_answer_that_is_no_json(
    send: Send, serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As of a proxy that wants a login."""
    port = serve(200, b"<html>welcome</html>", {"Content-Type": "text/html"})
    monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(PublishError, match=r"GET http://.*: the answer is no JSON: <html>welc"):
        send(name.format(port))


@pytest.mark.parametrize("content", [{}, {"token": ""}, []])
def test_a_registry_whose_login_gives_no_token(send: Send, serve: Serve, content: object) -> None:
    login = serve(200, json.dumps(content).encode())
    realm = f'Bearer realm="http://127.0.0.1:{login}/token",service="registry"'
    port = serve(401, b"who are you?", {"WWW-Authenticate": realm})
    with pytest.raises(PublishError, match="401 Unauthorized: who are you"):
        send(f"oci://127.0.0.1:{port}/me/python")


@pytest.mark.usefixtures("impatient")
def test_a_registry_whose_login_never_answers(send: Send, serve: Serve, silent: int) -> None:
    realm = f'Bearer realm="http://127.0.0.1:{silent}/token"'
    port = serve(401, b"who are you?", {"WWW-Authenticate": realm})
    with pytest.raises(PublishError, match=r"no answer within 0\.3 s"):
        send(f"oci://127.0.0.1:{port}/me/python")
