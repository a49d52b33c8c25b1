"""What a front end may ask of the engine. Commands and views are in `factory.wire`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from factory import wire
from factory.model import Budget, EngineError, FactoryError

if TYPE_CHECKING:
    import httpx2

View = TypeVar("View")

_TIMEOUT = 30.0


class Client:
    """Asks one engine, over its socket or (in tests) in-process.

    Every method raises EngineError where the engine does not answer, and FactoryError with the
    engine's own sentence where it refuses.
    """

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def hello(self) -> wire.Hello:
        """Who answers; compare `protocol` with `wire.PROTOCOL` before anything else."""
        return await self._view("/hello", wire.Hello)

    async def send(self, command: wire.AnyCommand, *, key: str = "") -> wire.Reply:
        """Have a command carried out. The same `key` twice does it once."""
        request = wire.Request(key=key or uuid.uuid4().hex, command=command)
        body = await self._ask("POST", "/command", content=msgspec.json.encode(request))
        return msgspec.json.decode(body, type=wire.Reply)

    async def overview(self) -> wire.Overview:
        """One picture of the whole factory."""
        return await self._view("/overview", wire.Overview)

    async def details(self, task: str) -> wire.Details:
        """Everything about one task."""
        return await self._view(f"/tasks/{task}", wire.Details)

    async def transcript(
        self, attempt: str, offset: int = 0, *, limit: int = 262_144, tail: bool = False
    ) -> wire.Chunk:
        """Lines of a transcript (see `factory.entry`) from a byte offset, or its last bytes."""
        return await self._view(
            f"/transcripts/{attempt}", wire.Chunk, offset=offset, limit=limit, tail=int(tail)
        )

    async def log(
        self, run: str, offset: int = 0, *, limit: int = 262_144, tail: bool = False
    ) -> wire.Chunk:
        """A guardrail's log from a byte offset, or its last bytes."""
        return await self._view(
            f"/logs/{run}", wire.Chunk, offset=offset, limit=limit, tail=int(tail)
        )

    async def review(
        self, task: str, look: wire.Look = wire.Look.CHANGE, *, context: int = 3
    ) -> wire.ReviewIndex:
        """The files and hunks of a task's diff, without its lines."""
        return await self._view(f"/review/{task}", wire.ReviewIndex, look=look, context=context)

    async def rows(
        self,
        task: str,
        first: int,
        count: int,
        look: wire.Look = wire.Look.CHANGE,
        *,
        context: int = 3,
    ) -> wire.Rows:
        """Lines `first` … `first + count` of the diff that `review` last described."""
        return await self._view(
            f"/review/{task}/rows", wire.Rows, look=look, context=context, first=first, count=count
        )

    async def find(
        self,
        task: str,
        words: str,
        start: int,
        look: wire.Look = wire.Look.CHANGE,
        *,
        context: int = 3,
        back: bool = False,
    ) -> wire.Found:
        """The next row with these words from row `start` on and round, or the one before."""
        return await self._view(
            f"/review/{task}/find", wire.Found, look=look, context=context, words=words,
            start=start, back=int(back),
        )  # fmt: skip

    async def moves(
        self, task: str, look: wire.Look = wire.Look.CHANGE, *, context: int = 3
    ) -> tuple[wire.MovedLines, ...]:
        """What only moved within the diff that `review` last described."""
        path = f"/review/{task}/moves"
        return await self._view(path, tuple[wire.MovedLines, ...], look=look, context=context)

    async def mentions(
        self, task: str, words: str, look: wire.Look = wire.Look.CHANGE
    ) -> wire.Mentions:
        """The lines with these words in all files of the candidate, or of the worktree."""
        return await self._view(f"/review/{task}/mentions", wire.Mentions, look=look, words=words)

    async def file(self, task: str, path: str, look: wire.Look = wire.Look.CHANGE) -> wire.FileText:
        """A file of the candidate, or of the worktree, to be read."""
        return await self._view(f"/review/{task}/text", wire.FileText, look=look, file=path)

    async def data(
        self, task: str, path: str, look: wire.Look = wire.Look.CHANGE, *, new: bool = True
    ) -> wire.FileBytes:
        """A file on one side of a diff, as it is."""
        return await self._view(
            f"/review/{task}/data", wire.FileBytes, look=look, file=path, new=int(new)
        )

    async def why(
        self, task: str, path: str, line: int, *, new: bool, look: wire.Look = wire.Look.CHANGE
    ) -> wire.Why:
        """Why a line (1-based) is in a diff, or on the old side: why it is gone."""
        return await self._view(
            f"/evidence/{task}/why", wire.Why, path=path, line=line, new=int(new), look=look
        )

    async def deeds(self, task: str) -> wire.Deeds:
        """The commands that the agent ran, and what bears out the claims of its handoff."""
        return await self._view(f"/evidence/{task}/deeds", wire.Deeds)

    async def compared(self, task: str) -> tuple[wire.Compared, ...]:
        """The guardrails of a change that name what they check, held against the tip's runs."""
        return await self._view(f"/evidence/{task}/compared", tuple[wire.Compared, ...])

    async def ledger(self) -> wire.LedgerView:
        """What it cost, by day, task and agent."""
        return await self._view("/ledger", wire.LedgerView)

    async def report(self, since: float = 0.0) -> wire.Report:
        """What happened since a time; 0 for since the developer last looked."""
        return await self._view("/report", wire.Report, since=since)

    async def history(self, *, after: int = 0, limit: int = 500) -> tuple[wire.Fact, ...]:
        """Facts of the journal, oldest first; the newest `limit` of those after `after`."""
        return await self._view("/history", tuple[wire.Fact, ...], after=after, limit=limit)

    async def propose(
        self, *, task: Budget, day: Budget, agent: str = "", measure: bool = True
    ) -> wire.Proposed:
        """Look at the repository and propose a factory.toml; measuring may take minutes."""
        query: dict[str, str | int] = {"agent": agent, "measure": int(measure)}
        for name, value in (("task_usd", task.usd), ("day_usd", day.usd)):
            if value is not None:
                query[name] = str(value)
        body = await self._ask("GET", "/proposal", params=query, timeout=None)
        return msgspec.json.decode(body, type=wire.Proposed)

    async def stop(self, *, at_once: bool = False) -> None:
        """Have the engine stop: after the turns under way, or at once. Nothing is lost."""
        await self._ask("POST", "/stop", params={"at_once": int(at_once)})

    async def notices(self, after: int) -> AsyncGenerator[wire.AnyNotice, None]:
        """All that happens after journal number `after`, as it happens; ends with the engine.

        Raises EngineError when the connection breaks; ask again from the last number seen.
        """
        import httpx2

        decoder = msgspec.json.Decoder(wire.AnyNotice)
        try:
            async with self._http.stream(
                "GET", "/notices", params={"after": after}, timeout=None
            ) as response:
                async for line in response.aiter_lines():
                    if line.strip():
                        try:
                            yield decoder.decode(line)
                        except msgspec.ValidationError:
                            continue  # a kind of notice that a newer engine knows
        except httpx2.HTTPError as error:
            raise EngineError(_SILENT) from error

    async def _view(self, path: str, kind: type[View], /, **query: object) -> View:
        body = await self._ask("GET", path, params={k: str(v) for k, v in query.items()})
        return msgspec.json.decode(body, type=kind)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | float] | None = None,
        content: bytes | None = None,
        timeout: float | None = _TIMEOUT,
    ) -> bytes:
        import httpx2

        asked = self._http.request(method, path, params=params, content=content, timeout=timeout)
        try:
            # In a context of its own: the loop keeps a timer's, with whoever asked, until the time
            # is up, long after the answer.
            response = await asyncio.create_task(asked, context=Context())
        except httpx2.HTTPError as error:
            raise EngineError(_SILENT) from error
        if response.status_code == 200:
            return response.content
        try:
            problem = msgspec.json.decode(response.content, type=wire.Reply).error
        except msgspec.DecodeError:
            problem = f"the engine answered {response.status_code} to {path}"
        raise FactoryError(problem)


_SILENT = "the engine does not answer; `factory-tui engine restart` starts it again"


@asynccontextmanager
async def connect(socket: Path) -> AsyncIterator[Client]:
    """A client on an engine's socket. Connecting happens with the first question."""
    import httpx2

    # No TLS on a socket of our own: reading the machine's certificates would cost 40 ms; and no
    # proxy that the environment names.
    transport = httpx2.AsyncHTTPTransport(uds=str(socket), verify=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://engine", trust_env=False
    ) as http:
        yield Client(http)
