"""Use aiohttp: its server and client on loopback, through the C parser; a web socket."""

import asyncio

import aiohttp
from aiohttp import _http_parser, http_parser, web


async def _echo(request: web.Request) -> web.StreamResponse:
    if request.path == "/socket":
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data.upper())
        return socket
    return web.json_response({"body": await request.json(), "query": dict(request.query)})


async def _talk() -> None:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", _echo)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    # Not the caller's proxies: this is loopback.
    async with aiohttp.ClientSession(base, trust_env=False) as session:
        async with session.post("/x", params={"q": "ä b"}, json=list(range(5000))) as answer:
            assert await answer.json() == {"body": list(range(5000)), "query": {"q": "ä b"}}
        async with session.ws_connect("/socket") as socket:
            await socket.send_str("hello")
            assert await socket.receive_str(timeout=10) == "HELLO"
    await runner.cleanup()


def probe_http() -> str:
    """A request, an answer and a web socket."""
    assert http_parser.HttpRequestParser is _http_parser.HttpRequestParser
    asyncio.run(_talk())
    return "a request with JSON and a web socket, through the C parser"
