"""A server that keeps no rules: it resets, cuts, says nothing, or what is not HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from factory.model import Struct

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


class Rude(Struct):
    """One connection: what is sent, piece by piece, and how it ends."""

    pieces: Sequence[bytes] = ()
    pause: float = 0.0
    """Seconds after each piece."""
    hangs: bool = False
    """Whether it then says nothing more, instead of resetting."""


@asynccontextmanager
async def rude(behaviour: Rude) -> AsyncIterator[str]:
    """The base URL of a server that treats everybody so."""
    async with contextlib.AsyncExitStack() as ending:

        async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ending.callback(writer.transport.abort)
            with contextlib.suppress(ConnectionError, EOFError, asyncio.CancelledError):
                await reader.readuntil(b"\r\n\r\n")
                for piece in behaviour.pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(behaviour.pause)
            if not behaviour.hangs:
                writer.transport.abort()

        server = await asyncio.start_server(treat, "127.0.0.1", 0)
        ending.callback(server.close)
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
