"""Use uvloop: a server and clients on loopback, timers, threads, signals."""

import asyncio
import signal
import socket

import uvloop


async def _talk() -> str:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def ask(n: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello %d\n" % n)
        said = await reader.read()
        writer.close()
        return said

    answers = await asyncio.gather(*(ask(n) for n in range(50)))
    assert answers == [b"HELLO %d\n" % n for n in range(50)]
    server.close()
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, sum, range(10)) == 45
    (family, *_), *_ = await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
    assert family == socket.AF_INET
    seen = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, seen.set)
    signal.raise_signal(signal.SIGUSR1)
    await asyncio.wait_for(seen.wait(), 10)
    return type(loop).__module__


def probe_loop() -> str:
    """50 clients, a thread, a name and a signal."""
    module = uvloop.run(_talk())
    assert module.startswith("uvloop"), module
    return "50 clients, a thread, a name and a signal"
