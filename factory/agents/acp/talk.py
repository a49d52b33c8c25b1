"""Talking the Agent Client Protocol with a program in a sandbox: JSON, a line a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from factory.agents.lines import Lines
from factory.model import FactoryError, Struct
from factory.sandbox import Feed, Finished, Profile, run

if TYPE_CHECKING:
    from acp.connection import Connection

Message = dict[str, Any]
"""What the protocol carries. Nothing in it is taken for granted."""

GRACE = 3.0
"""Seconds that a program has to end by itself once nothing more will be said to it."""
PAUSE = 0.1
"""Seconds that what it says is gathered before it is handed on."""
MOST = 4 << 30
"""Bytes of all its messages. The sandbox ends what says more than it may long before."""
LONGEST = 64 << 20
"""Bytes of one message."""
_STDERR = 8 << 10


class Update(Struct):
    """The program says what it is doing: the parameters of `session/update`."""

    given: Message


class Permission(Struct):
    """The program asks leave, and waits: the parameters of `session/request_permission`."""

    given: Message
    answer: asyncio.Future[Message]
    """Takes the result of the request."""


class Stray(Struct):
    """A line that is no message, or a message of a kind that is not known here."""

    text: str


Came = Update | Permission | Stray


class RefusedError(Exception):
    """The program answered a request with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class GoneError(Exception):
    """The program has ended, and did not mean to: how, and its last word."""


class Talk:
    """One program, for as long as it is talked with: `async with` starts it and ends it."""

    def __init__(self, profile: Profile, command: str) -> None:
        self._profile = profile
        self._command = command
        self._feed = Feed()
        self._lines = Lines(MOST, LONGEST)
        self._stderr = b""
        self._came: list[Came] = []
        self._waiting: list[str] = []
        """Lines that were taken and not read yet."""
        self._over = False
        self._something = asyncio.Event()
        self._program: asyncio.Task[Finished] | None = None
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        from acp.connection import Connection

        self._program = asyncio.create_task(
            run(
                self._profile, self._command, stdin=self._feed,
                on_output=self._lines.feed, on_error=self._take_error,
            )
        )  # fmt: skip
        self._connection = Connection(self._handle, _Pipe(self, self._feed))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._program is not None
        assert self._connection is not None
        program = self._program
        try:
            self._feed.close()
            if kind is None or issubclass(kind, FactoryError | GeneratorExit):
                await asyncio.wait({program}, timeout=GRACE)
        finally:
            program.cancel()
            with suppress(asyncio.CancelledError, FactoryError):
                await program
            await self._connection.close()

    async def ask(self, method: str, params: Mapping[str, object]) -> Message:
        """Send a request and wait for its result, however long it takes.

        Raises RefusedError where the program refuses it, GoneError where it has ended.
        """
        from acp.exceptions import RequestError

        assert self._connection is not None
        try:
            result = await self._connection.send_request(method, dict(params))
        except RequestError as error:
            raise RefusedError(error.code, _told(error.code, str(error), error.data)) from error
        except (ConnectionError, OSError) as error:
            raise await self._ended() from error
        return result if isinstance(result, dict) else {}

    async def tell(self, method: str, params: Mapping[str, object]) -> None:
        """Send a notification; one who is gone need not be told."""
        assert self._connection is not None
        with suppress(ConnectionError, OSError):
            await self._connection.send_notification(method, dict(params))

    async def during(self, work: asyncio.Future[Message]) -> AsyncGenerator[list[Came], None]:
        """What comes while a request is under way, gathered for a moment, to the last of it."""
        while not work.done():
            came = asyncio.ensure_future(self._something.wait())
            either: set[asyncio.Future[Any]] = {came, work}
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                came.cancel()
            await asyncio.wait({work}, timeout=PAUSE)
            if batch := self.take():
                yield batch
        if batch := self.take():
            yield batch

    def take(self) -> list[Came]:
        """What has come since it was last asked for."""
        came, self._came = self._came, []
        self._something.clear()
        return came

    def drop(self) -> None:
        """What has come is old news: a session that is entered again says all it ever said."""
        for came in self.take():
            if isinstance(came, Permission) and not came.answer.done():
                came.answer.cancel()

    def say(self, came: Came) -> None:
        """Something has come."""
        self._came.append(came)
        self._something.set()

    async def message(self) -> Message | None:
        """The next message; None once the program has ended and all it said was read."""
        assert self._program is not None
        while True:
            while self._waiting:
                line = self._waiting.pop(0)
                try:
                    found = msgspec.json.decode(line)
                except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
                    found = None
                if isinstance(found, dict) and (message := _sound(found)) is not None:
                    return message
                if line.strip():
                    self.say(Stray(text=line))
            if self._program.done():
                if self._over:
                    return None
                self._over, self._waiting = True, self._lines.rest()
                continue
            came = asyncio.ensure_future(self._lines.wait())
            try:
                ends: set[asyncio.Future[Any]] = {came, self._program}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                came.cancel()
            self._waiting = self._lines.take()

    async def _handle(self, method: str, params: object, notification: bool) -> Message | None:
        """What the program says of itself, or asks of us."""
        from acp.exceptions import RequestError

        given = params if isinstance(params, dict) else {}
        match method:
            case "session/update":
                self.say(Update(given=given))
            case "session/request_permission":
                answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
                self.say(Permission(given=given, answer=answer))
                return await answer
            case _:
                self.say(Stray(text=f"[{method}]"))
                if not notification:
                    raise RequestError.method_not_found(method)
        return None

    async def _ended(self) -> GoneError | FactoryError:
        """What to raise where the program is gone."""
        assert self._program is not None
        self._feed.close()
        await asyncio.wait({self._program}, timeout=GRACE)
        if not self._program.done():
            return GoneError("it closed its output and went on running")
        error = self._program.exception()
        if error is not None:
            return error if isinstance(error, FactoryError) else GoneError(str(error))
        words = self._stderr.decode(errors="replace").strip().splitlines()
        last = f": {words[-1].strip()[:300]}" if words else " and without a word"
        return GoneError(f"it ended with exit code {self._program.result().exit_code}{last}")

    def _take_error(self, data: bytes) -> None:
        self._stderr = (self._stderr + data)[-_STDERR:]


class _Pipe:
    """The two directions of a talk, as the library wants them."""

    def __init__(self, talk: Talk, feed: Feed) -> None:
        self._talk = talk
        self._feed = feed

    async def send(self, message: Message) -> None:
        try:
            await self._feed.write(msgspec.json.encode(message) + b"\n")
        except BrokenPipeError:
            if "method" in message:
                raise  # and an answer to one who is gone is nobody's

    async def receive(self) -> Message | None:
        return await self._talk.message()

    async def close(self) -> None:
        self._feed.close()


def _sound(message: Message) -> Message | None:
    """A message that the library can take as it is; None for an answer to nobody's request.

    An error that is none would be lost with the request that it answers, which then never ends.
    """
    if "method" in message:
        return message
    if isinstance(message.get("id"), list | dict):
        return None
    error = message.get("error")
    if error is None or isinstance(error, dict):
        return message
    return {**message, "error": {"message": str(error)}}


def _told(code: int, message: str, data: object) -> str:
    """An error in one line: its message, and what else is said of it."""
    more = data
    if isinstance(data, dict):
        more = next((data[k] for k in ("details", "message", "error") if data.get(k)), data)
    words = f"{message}: {more}" if more and str(more) not in message else message
    return " ".join(words.split())[:600] or f"error {code}"
