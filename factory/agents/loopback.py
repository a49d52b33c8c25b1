"""An HTTP server of ours on this machine's loopback, for as long as an `async with` lasts."""

from __future__ import annotations

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
        """End every answer that is still being given, and listen no more."""
        if self._socket is None:
            return
        for task in self._server.server_state.tasks:
            task.cancel()
        self._server.force_exit = True
        await self._server.shutdown(sockets=[self._socket])
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
