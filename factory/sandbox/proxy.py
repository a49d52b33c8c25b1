"""A proxy that calls granted hosts alone, and writes down each one that it is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from factory import hosts
from factory.hosts import Place
from factory.model import Struct
from factory.sandbox import asking
from factory.sandbox.asking import Asked, UnreadableError
from factory.sandbox.contacts import Open, Record

HEAD = 16 * 1024
"""Most bytes of a request's head."""
CHUNK = 64 * 1024
AT_ONCE = 256
"""Connections of one grant; more wait at the sandbox's end."""
_TRIED = 4
"""Addresses of one host that are called, one after the other."""
_HEARD = 64
"""Most chunks that a program may go on saying after it was refused."""
_RESOLVERS = 4
"""Threads of one grant that ask for names: slow names must not hold up the engine's own threads."""

_log = logging.getLogger(__name__)

Resolve = Callable[[str, int], Sequence[str]]
"""Name and port → addresses; runs in a thread. Raises OSError."""


class Patience(Struct):
    """Seconds after which a connection is given up."""

    head: float = 10.0
    """Until the program has said what it wants."""
    call: float = 20.0
    """Until a host has answered the call, for each of its addresses."""
    idle: float = 900.0
    """Without a byte either way."""
    close: float = 10.0
    """Until the program hangs up once the host has."""


PATIENCE = Patience()


class _RefusedError(Exception):
    """It may not be reached; the message says why."""


def resolve(name: str, port: int) -> Sequence[str]:
    """Ask this machine for the addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Proxy:
    """Serves the connections of a sandbox's ears."""

    def __init__(
        self,
        granted: Sequence[str],
        record: Record,
        resolve: Resolve = resolve,
        patience: Patience = PATIENCE,
    ) -> None:
        self._granted = granted
        self._record = record
        self._resolve = resolve
        self._patience = patience
        self._room = asyncio.Semaphore(AT_ONCE)
        self._threads = ThreadPoolExecutor(_RESOLVERS, "factory-resolver")

    def close(self) -> None:
        """Let go of the threads; a name that is being asked for is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def serve(self, ear: socket.socket, to: Place | None) -> None:
        """Serve one port until cancelled: the proxy's own, or one that leads to a server."""
        loop = asyncio.get_running_loop()
        with ear:
            ear.setblocking(False)
            async with asyncio.TaskGroup() as clients:
                while True:
                    await self._room.acquire()
                    try:
                        client, _ = await loop.sock_accept(ear)
                    except OSError:  # out of descriptors, or the client is gone already
                        self._room.release()
                        await asyncio.sleep(0.1)
                        continue
                    except asyncio.CancelledError:
                        self._room.release()
                        raise
                    clients.create_task(self._serve(client, to))

    async def _serve(self, client: socket.socket, to: Place | None) -> None:
        """One connection to its end. Nothing that it says ends the others."""
        writer = None
        try:
            reader, writer = await asyncio.open_connection(sock=client, limit=CHUNK)
            await self._answer((reader, writer), to)
        except (OSError, TimeoutError, EOFError):
            pass  # it hung up, or said nothing for too long
        except Exception:
            _log.exception("a connection to the proxy ended by a fault of ours")
        finally:
            if writer is None:
                client.close()
            else:
                writer.transport.abort()
            self._room.release()

    async def _answer(self, near: tuple[StreamReader, StreamWriter], to: Place | None) -> None:
        try:
            asked = await self._asked(near[0]) if to is None else Asked(place=to, tunnel=True)
        except UnreadableError as error:
            self._record.refuse(Place(host=""), str(error))
            return await self._say(near, 400, "Bad Request", str(error))
        try:
            addresses = await self._addresses(asked.place)
        except _RefusedError as error:
            self._record.refuse(asked.place, str(error))
            said = f"factory-tui refused {asked.place}: {error}"
            return await self._say(near, 403, "Forbidden", said)
        contact = self._record.begin(asked.place)
        try:
            await self._call(asked, addresses, contact, near, quietly=to is not None)
        finally:
            contact.end()

    async def _asked(self, reader: StreamReader) -> Asked:
        """What a program wants. Raises UnreadableError, EOFError, TimeoutError."""
        async with asyncio.timeout(self._patience.head):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.LimitOverrunError:
                head = b" " * (HEAD + 1)
        if len(head) > HEAD:
            raise UnreadableError(f"its head is longer than {HEAD} bytes")
        return asking.read(head)

    async def _addresses(self, asked: Place) -> tuple[str, ...]:
        """The addresses of a host that may be called; empty where it has none.

        They are looked at once and called as they are, so that a name cannot mean another address
        by then. Raises _RefusedError.
        """
        if not hosts.allows(self._granted, asked):
            raise _RefusedError("it is not among the hosts granted to this agent in factory.toml")
        found: Sequence[str] = hosts.literal(asked.host)
        if not found:
            loop = asyncio.get_running_loop()
            with contextlib.suppress(OSError):
                found = await loop.run_in_executor(
                    self._threads, self._resolve, asked.host, asked.port
                )
        reasons = {one: hosts.unfit(self._granted, one, asked.port) for one in found}
        fit = tuple(one for one, reason in reasons.items() if not reason)
        if reasons and not fit:
            raise _RefusedError(next(iter(reasons.values())))
        return fit[:_TRIED]

    async def _call(
        self,
        asked: Asked,
        addresses: Sequence[str],
        contact: Open,
        near: tuple[StreamReader, StreamWriter],
        *,
        quietly: bool,
    ) -> None:
        """Call the host and pass on what both say until both are done."""
        why = "its name leads to no address"
        for address in addresses:
            try:
                async with asyncio.timeout(self._patience.call):
                    far = await asyncio.open_connection(address, asked.place.port, limit=CHUNK)
                break
            except (OSError, TimeoutError) as error:
                why = os.strerror(error.errno) if error.errno else "it did not answer"
        else:
            contact.why = why
            if not quietly:
                said = f"factory-tui could not reach {asked.place}: {why}"
                await self._say(near, 502, "Bad Gateway", said)
            return
        try:
            if asked.tunnel and not quietly:
                near[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            far[1].write(asked.head)
            contact.out(len(asked.head))
            await self._pass(near, far, contact)
        finally:
            far[1].transport.abort()

    async def _pass(
        self,
        near: tuple[StreamReader, StreamWriter],
        far: tuple[StreamReader, StreamWriter],
        contact: Open,
    ) -> None:
        """Pass on what both sides say until both have nothing more to say."""
        loop, patience = asyncio.get_running_loop(), self._patience
        for _, writer in (near, far):
            writer.transport.set_write_buffer_limits(high=0)  # what is drained has left us
        try:
            async with asyncio.timeout(patience.idle) as limit:

                async def pump(
                    reader: StreamReader,
                    writer: StreamWriter,
                    count: Callable[[int], None],
                    afterwards: float,
                ) -> None:
                    while chunk := await reader.read(CHUNK):
                        count(len(chunk))
                        limit.reschedule(loop.time() + patience.idle)
                        writer.write(chunk)
                        await writer.drain()
                    writer.write_eof()
                    limit.reschedule(loop.time() + afterwards)

                try:
                    async with asyncio.TaskGroup() as both:
                        both.create_task(pump(near[0], far[1], contact.out, patience.idle))
                        both.create_task(pump(far[0], near[1], contact.into, patience.close))
                except* OSError:
                    contact.why = "the connection broke"
        except TimeoutError:
            contact.why = "nobody said anything any more"

    async def _say(
        self, near: tuple[StreamReader, StreamWriter], code: int, reason: str, sentence: str
    ) -> None:
        """Answer in our own words, and hear the program out, or it may not hear them."""
        reader, writer = near
        async with asyncio.timeout(self._patience.close):
            writer.write(asking.answer(code, reason, sentence))
            writer.write_eof()
            for _ in range(_HEARD):
                if not await reader.read(CHUNK):
                    break
