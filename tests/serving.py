"""The HTTP server of the pages, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tornado.httpserver import HTTPServer

from pipeline.operations.serve import server, sockets


@contextmanager
def serving(data: Path) -> Iterator[int]:
    """Serve a data folder during the block; the value is the port."""
    listening, loop = sockets(0), asyncio.new_event_loop()

    async def start() -> HTTPServer:
        started = server(data)
        started.add_sockets(listening)
        return started

    async def stop(started: HTTPServer) -> None:
        started.stop()
        await started.close_all_connections()

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        started = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        yield listening[0].getsockname()[1]
        asyncio.run_coroutine_threadsafe(stop(started), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
