"""An HTTP server of ours on this machine's loopback, for as long as an `async with` lasts."""

from __future__ import annotations

import asyncio
import socket
from types import TracebackType
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Loopback:
    """Serves an ASGI application on 127.0.0.1, on a port that the system chooses."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", http="h11"
        )
        self._server = uvicorn.Server(config)
        self._socket: socket.socket | None = None

    async def start(self) -> str:
        """Listen, and return the base URL."""
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        # Not `serve`: it takes over the signals of the whole process.
        await self._server.startup(sockets=[self._socket])
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def stop(self) -> None:
        """Listen no more, and end every answer that is still being given."""
        if self._socket is None:
            return
        state = self._server.server_state
        for server in self._server.servers:
            server.close()
        tasks = list(state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in list(state.connections):
            connection.transport.abort()
        self._socket.close()
        self._socket = None

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
