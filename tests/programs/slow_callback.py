"""asyncio in debug mode reports what blocks the loop, and what was never awaited."""

import asyncio
import logging
import time

logging.basicConfig(format="%(levelname)s %(message)s")


async def never() -> None: ...


async def main() -> None:
    loop = asyncio.get_running_loop()
    assert loop.get_debug()
    time.sleep(0.2)  # on purpose
    never()
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    assert await reader.read() == b""
    writer.close()
    server.close()
    await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.001) for _ in range(50)))
    process = await asyncio.create_subprocess_exec("/bin/true")
    assert await process.wait() == 0


asyncio.run(main())
