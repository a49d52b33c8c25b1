"""A stage for the screens: an engine's HTTP side with canned data, at the network's edge.

Everything a test wants on the screen is a field here; everything the screen sends is in
`commands`. `played(stage)` gives the `connect` that the app asks for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from factory import wire
from factory.client import Client
from factory.entry import AnyEntry
from factory.review import searching

NOW = 1_800_000_000.0
"""The stage's clock stands still here."""


_HELLO = wire.Hello(protocol=wire.PROTOCOL, version="0.1.0", pid=1, repository="/src/myrepo")
_LEDGER = wire.LedgerView()
_MENTIONS = wire.Mentions()
_REPORT = wire.Report(since=NOW - 86_400, until=NOW)
_PROPOSED = wire.Proposed(text="")
_DEEDS = wire.Deeds()


@dataclass
class Stage:
    """Canned answers to every question of `factory.client`."""

    overview: wire.Overview = field(
        default_factory=lambda: wire.Overview(
            seq=1,
            repository="myrepo",
            path="/src/myrepo",
            target="main",
            tip="3f2a9c1" * 5,
            now=NOW,
        )
    )
    hello: wire.Hello = _HELLO
    details: dict[str, wire.Details] = field(default_factory=dict)
    transcripts: dict[str, bytes | bytearray] = field(default_factory=dict)
    logs: dict[str, bytes | bytearray] = field(default_factory=dict)
    reviews: dict[tuple[str, wire.Look], wire.ReviewIndex] = field(default_factory=dict)
    rows: dict[tuple[str, wire.Look], tuple[wire.Row, ...]] = field(default_factory=dict)
    moves: tuple[wire.MovedLines, ...] = ()
    mentions: wire.Mentions = _MENTIONS
    data: dict[tuple[str, str], wire.FileBytes] = field(default_factory=dict)
    """Files as they are, by path and side: `1` is the new one."""
    files: dict[str, wire.FileText] = field(default_factory=dict)
    reasons: dict[tuple[str, int], wire.Why] = field(default_factory=dict)
    """Why a line is there, by path and number."""
    deeds: dict[str, wire.Deeds] = field(default_factory=dict)
    compared: dict[str, tuple[wire.Compared, ...]] = field(default_factory=dict)
    ledger: wire.LedgerView = _LEDGER
    report: wire.Report = _REPORT
    history: tuple[wire.Fact, ...] = ()
    proposal: wire.Proposed = _PROPOSED
    answer: Callable[[wire.AnyCommand], wire.Reply] = lambda command: wire.Reply()
    """How commands are answered; an `error` in the reply is a refusal."""
    commands: list[wire.AnyCommand] = field(default_factory=list)
    """What was sent, in order."""
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for, with their queries."""
    stops: int = 0
    away: bool = False
    """True lets every connection fail, as when the engine is not there."""
    _streams: list[asyncio.Queue[wire.AnyNotice | None]] = field(default_factory=list)

    # --- what a test does

    def tell(self, notice: wire.AnyNotice) -> None:
        """Say something to every client that listens."""
        for stream in self._streams:
            stream.put_nowait(notice)

    def happen(self, overview: wire.Overview, *, kind: str = "moved", task: str = "") -> None:
        """Make this the newest picture and tell that something happened."""
        seq = self.overview.seq + 1
        self.overview = msgspec.structs.replace(overview, seq=seq)
        self.tell(wire.Happened(fact=wire.Fact(seq=seq, at=NOW, kind=kind, task=task)))

    def write(self, attempt: str, *entries: AnyEntry) -> None:
        """Append entries to a transcript and tell that it grew."""
        added = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
        whole = self.transcripts.get(attempt, b"")
        if isinstance(whole, bytes):
            whole = bytearray(whole)
        whole += added  # in place: a transcript may grow thousands of times
        self.transcripts[attempt] = whole
        self.tell(wire.Grew(name=attempt, size=len(whole)))

    def vanish(self) -> None:
        """Take the engine away: streams end, questions find nobody."""
        self.away = True
        for stream in self._streams:
            stream.put_nowait(None)

    def return_(self) -> None:
        """Bring the engine back."""
        self.away = False

    @property
    def listeners(self) -> int:
        """How many clients listen to notices now."""
        return len(self._streams)

    # --- what a client sees

    def asgi(self) -> Starlette:
        """The application; uvicorn serves it on a unix socket in the benchmarks."""
        return Starlette(
            routes=[
                Route("/hello", self._view(lambda request: self.hello)),
                Route("/overview", self._view(lambda request: self.overview)),
                Route("/tasks/{id}", self._view(lambda request: self.details[_id(request)])),
                Route("/transcripts/{id}", self._view(lambda r: _chunk(r, self.transcripts))),
                Route("/logs/{id}", self._view(lambda request: _chunk(request, self.logs))),
                Route("/review/{id}", self._view(lambda r: self.reviews[_id(r), _look(r)])),
                Route("/review/{id}/rows", self._view(self._rows)),
                Route("/review/{id}/find", self._view(self._found)),
                Route("/review/{id}/moves", self._view(lambda r: self.moves)),
                Route("/review/{id}/mentions", self._view(lambda r: self.mentions)),
                Route("/review/{id}/data", self._view(lambda r: self.data[_pair(r)])),
                Route("/review/{id}/text", self._view(lambda r: self.files[_asked(r, "file")])),
                Route("/evidence/{id}/why", self._view(self._why)),
                Route("/evidence/{id}/deeds", self._view(lambda r: self.deeds.get(_id(r), _DEEDS))),
                Route(
                    "/evidence/{id}/compared", self._view(lambda r: self.compared.get(_id(r), ()))
                ),
                Route("/ledger", self._view(lambda request: self.ledger)),
                Route("/report", self._view(lambda request: self.report)),
                Route("/history", self._view(self._history)),
                Route("/proposal", self._view(lambda request: self.proposal)),
                Route("/notices", self._notices),
                Route("/command", self._command, methods=["POST"]),
                Route("/stop", self._stop, methods=["POST"]),
            ]
        )

    def _view(self, answer: Callable[[Request], Any]) -> Any:
        def route(request: Request) -> Response:
            self.asked.append(f"{request.url.path}?{request.url.query}".rstrip("?"))
            try:
                found = answer(request)
            except KeyError:
                return _refusal(f"there is no {_id(request)}", 404)
            return Response(msgspec.json.encode(found), media_type="application/json")

        return _asynchronous(route)

    def _rows(self, request: Request) -> wire.Rows:
        name = _id(request), _look(request)
        index, rows = self.reviews[name], self.rows[name]
        first, count = int(request.query_params["first"]), int(request.query_params["count"])
        return wire.Rows(
            first=first, rows=rows[first : first + count], tree=index.tree, against=index.against
        )

    def _found(self, request: Request) -> wire.Found:
        words, rows = _asked(request, "words"), self.rows[_id(request), _look(request)]
        hits = [at for at, row in enumerate(rows) if words.lower() in row.text.lower()]
        back = _asked(request, "back") == "1"
        return searching.nearest(hits, int(_asked(request, "start")), back=back)

    def _why(self, request: Request) -> wire.Why:
        place = request.query_params["path"], int(request.query_params["line"])
        return self.reasons.get(place, wire.Why(text="something"))

    def _history(self, request: Request) -> tuple[wire.Fact, ...]:
        after = int(request.query_params.get("after", 0))
        limit = int(request.query_params.get("limit", 500))
        return tuple(fact for fact in self.history if fact.seq > after)[-limit:]

    async def _command(self, request: Request) -> Response:
        command = msgspec.json.decode(await request.body(), type=wire.Request).command
        reply = self.answer(command)
        if not reply.error:
            self.commands.append(command)
        status = 409 if reply.error else 200
        return Response(msgspec.json.encode(reply), status, media_type="application/json")

    async def _stop(self, request: Request) -> Response:
        self.stops += 1
        return Response(b"{}")

    async def _notices(self, request: Request) -> Response:
        self.asked.append(f"{request.url.path}?{request.url.query}")
        stream: asyncio.Queue[wire.AnyNotice | None] = asyncio.Queue()
        self._streams.append(stream)

        async def lines() -> AsyncIterator[bytes]:
            try:
                yield b"\n"
                while (notice := await stream.get()) is not None:
                    yield msgspec.json.encode(notice) + b"\n"
            finally:
                self._streams.remove(stream)

        return StreamingResponse(lines(), media_type="application/x-ndjson")


def played(stage: Stage) -> Callable[[], AbstractAsyncContextManager[Client]]:
    """What `FactoryApp` connects with: a client whose network ends at the stage."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Client]:
        transport = _StageTransport(stage)
        async with httpx2.AsyncClient(transport=transport, base_url="http://engine") as http:
            yield Client(http)

    return connect


class _StageTransport(httpx2.AsyncBaseTransport):
    """Runs the application in-process; unlike httpx2's own, it hands streams on as they come."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._app = stage.asgi()
        self._running: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._stage.away:
            raise httpx2.ConnectError("nobody answers", request=request)
        body = await request.aread()
        sent: asyncio.Queue[MutableMapping[str, Any] | None] = asyncio.Queue()
        gone = asyncio.Event()
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> MutableMapping[str, Any]:
            if incoming:
                return incoming.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.put_nowait(message)

        async def run() -> None:
            try:
                await self._app(_scope(request), receive, send)
            finally:
                sent.put_nowait(None)

        task = asyncio.create_task(run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        start = await sent.get()
        assert start is not None, "the stage broke; see the error above"
        return httpx2.Response(
            start["status"], headers=start["headers"], stream=_Body(sent, gone), request=request
        )

    async def aclose(self) -> None:
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


class _Body(httpx2.AsyncByteStream):
    def __init__(
        self, sent: asyncio.Queue[MutableMapping[str, Any] | None], gone: asyncio.Event
    ) -> None:
        self._sent = sent
        self._gone = gone

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self._sent.get()) is not None:
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return

    async def aclose(self) -> None:
        self._gone.set()


def _scope(request: httpx2.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": "http",
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "server": ("engine", 80),
        "client": ("stage", 1),
        "root_path": "",
    }


def _id(request: Request) -> str:
    return str(request.path_params.get("id", request.url.path))


def _pair(request: Request) -> tuple[str, str]:
    return _asked(request, "file"), _asked(request, "new")


def _look(request: Request) -> wire.Look:
    return wire.Look(request.query_params.get("look", wire.Look.CHANGE))


def _asked(request: Request, name: str) -> str:
    return request.query_params.get(name, "")


def _chunk(request: Request, files: dict[str, bytes | bytearray]) -> wire.Chunk:
    data = files.get(_id(request), b"")
    limit = int(request.query_params.get("limit", 262_144))
    offset = int(request.query_params.get("offset", 0))
    tail = request.query_params.get("tail") == "1"
    if tail:
        offset = max(0, len(data) - limit)
        offset = data.find(b"\n", offset) + 1 if offset else 0
    piece = data[offset : offset + limit]
    if offset + len(piece) < len(data) and b"\n" in piece:
        piece = piece[: piece.rfind(b"\n") + 1]
    return wire.Chunk(
        offset=offset,
        end=offset + len(piece),
        size=len(data),
        text=piece.decode(errors="replace"),
        tail=tail,
    )


def _refusal(sentence: str, status: int) -> Response:
    return Response(msgspec.json.encode(wire.Reply(error=sentence)), status)


def _asynchronous(route: Callable[[Request], Response]) -> Any:
    async def answer(request: Request) -> Response:
        return route(request)

    return answer
