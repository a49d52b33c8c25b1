"""The HTTP side of `factory.client`: routes over a unix socket in a 0700 folder."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from factory import __version__, wire
from factory.engine import Engine
from factory.model import Budget, FactoryError, UnknownError, sentence
from factory.proposing import proposed
from factory.transcript import Transcript

_GRACE = 1
"""Seconds that connections get to end when the engine stops."""
_PAUSE = 0.03
"""Seconds between two batches of notices to one client: growth coalesces meanwhile."""

Answer = Callable[[Request], Awaitable[object]]


def application(engine: Engine) -> Starlette:
    """The routes of one engine."""
    routes, found, evidence = _Routes(engine), _Finding(engine), _EvidenceRoutes(engine)

    def view(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            try:
                return _json(await answer(request))
            except (FactoryError, msgspec.DecodeError, ValueError) as error:
                code = error.exit_code if isinstance(error, FactoryError) else 2
                status = 404 if isinstance(error, UnknownError) else 400
                return _json(wire.Reply(error=str(error), exit_code=code), status)
            except OSError as error:
                return _json(wire.Reply(error=sentence(error), exit_code=1), 500)

        return respond

    return Starlette(
        routes=[
            Route("/hello", view(routes.hello)),
            Route("/overview", view(routes.overview)),
            Route("/command", view(routes.command), methods=["POST"]),
            Route("/stop", view(routes.stop), methods=["POST"]),
            Route("/tasks/{name}", view(routes.details)),
            Route("/transcripts/{name}", view(routes.transcript)),
            Route("/logs/{name}", view(routes.log)),
            Route("/review/{name}", view(routes.review)),
            Route("/review/{name}/rows", view(routes.rows)),
            Route("/review/{name}/find", view(found.find)),
            Route("/review/{name}/moves", view(found.moves)),
            Route("/review/{name}/mentions", view(found.mentions)),
            Route("/review/{name}/text", view(found.text)),
            Route("/review/{name}/data", view(found.data)),
            Route("/evidence/{name}/why", view(evidence.why)),
            Route("/evidence/{name}/deeds", view(evidence.deeds)),
            Route("/evidence/{name}/compared", view(evidence.compared)),
            Route("/ledger", view(routes.ledger)),
            Route("/report", view(routes.report)),
            Route("/history", view(routes.history)),
            Route("/proposal", view(routes.proposal)),
            Route("/notices", routes.notices),
        ]
    )


class _Routes:
    """One method a route; each gives a struct."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def hello(self, request: Request) -> wire.Hello:
        return self._engine.hello()

    async def overview(self, request: Request) -> wire.Overview:
        return await self._engine.views.overview(
            version=__version__,
            recorded=self._engine.recorded,
            load=self._engine.loads.view(),
        )

    async def command(self, request: Request) -> wire.Reply:
        asked = msgspec.json.decode(await request.body(), type=wire.Request)
        reply = await self._engine.commands.take(asked)
        self._engine.runner.wake()
        return reply

    async def stop(self, request: Request) -> wire.Reply:
        at_once = request.query_params.get("at_once") == "1"
        self._engine.stop_soon(at_once=at_once)
        return wire.Reply()

    async def details(self, request: Request) -> wire.Details:
        return await self._engine.views.details(request.path_params["name"])

    async def transcript(self, request: Request) -> wire.Chunk:
        path = self._engine.shop.attempt_folder(_plain(request)) / "transcript.jsonl"
        if not path.is_file():
            return wire.Chunk(offset=0, end=0, size=0, text="")
        return _part(Transcript(path), request)

    async def log(self, request: Request) -> wire.Chunk:
        path = self._engine.shop.logs / f"{_plain(request)}.log"
        if not path.is_file():
            raise UnknownError(f"there is no log of the run {_plain(request)!r}")
        return await asyncio.to_thread(_bytes, path, request)

    async def review(self, request: Request) -> wire.ReviewIndex:
        look, context = _look(request)
        return await self._engine.reviewing.index(request.path_params["name"], look, context)

    async def rows(self, request: Request) -> wire.Rows:
        look, context = _look(request)
        return await self._engine.reviewing.rows(
            request.path_params["name"], look, context, _number(request, "first"),
            _number(request, "count", 200),
        )  # fmt: skip

    async def ledger(self, request: Request) -> wire.LedgerView:
        return self._engine.reports.ledger()

    async def report(self, request: Request) -> wire.Report:
        return self._engine.reports.report(float(request.query_params.get("since", "0")))

    async def history(self, request: Request) -> tuple[wire.Fact, ...]:
        return self._engine.shop.store.journal.facts(
            after=_number(request, "after"), limit=_number(request, "limit", 500)
        )

    async def proposal(self, request: Request) -> wire.Proposed:
        def usd(name: str) -> Budget:
            text = request.query_params.get(name)
            return Budget(usd=float(text) if text else None)

        return await proposed(
            self._engine.shop, self._engine.checks, task=usd("task_usd"), day=usd("day_usd"),
            agent=request.query_params.get("agent", ""),
            measure=request.query_params.get("measure") != "0",
        )  # fmt: skip

    async def notices(self, request: Request) -> StreamingResponse:
        after = _number(request, "after")
        return StreamingResponse(self._stream(after), media_type="application/x-ndjson")

    async def _stream(self, after: int) -> AsyncIterator[bytes]:
        """The journal from `after` on, then what happens; no fact twice, none left out."""
        journal = self._engine.shop.store.journal
        async with contextlib.aclosing(self._engine.hub.listen()) as batches:
            async for batch in batches:
                if not batch:
                    missed = journal.facts(after=after, limit=1_000_000)
                    batch = tuple(wire.Happened(fact=fact) for fact in missed)
                lines = []
                for notice in batch:
                    if isinstance(notice, wire.Happened):
                        if notice.fact.seq <= after:
                            continue
                        after = notice.fact.seq
                    lines.append(msgspec.json.encode(notice) + b"\n")
                yield b"".join(lines) or b"\n"
                await asyncio.sleep(_PAUSE)


class _Finding:
    """The routes by which a reader finds things."""

    def __init__(self, engine: Engine) -> None:
        self._searching = engine.searching

    async def find(self, request: Request) -> wire.Found:
        look, context = _look(request)
        return await self._searching.find(
            request.path_params["name"], look, context, _words(request),
            _number(request, "start"), back=request.query_params.get("back") == "1",
        )  # fmt: skip

    async def moves(self, request: Request) -> tuple[wire.MovedLines, ...]:
        look, context = _look(request)
        return await self._searching.moves(request.path_params["name"], look, context)

    async def mentions(self, request: Request) -> wire.Mentions:
        look, _ = _look(request)
        return await self._searching.mentions(request.path_params["name"], look, _words(request))

    async def text(self, request: Request) -> wire.FileText:
        look, _ = _look(request)
        path = request.query_params.get("file", "")
        return await self._searching.text(request.path_params["name"], look, path)

    async def data(self, request: Request) -> wire.FileBytes:
        look, _ = _look(request)
        return await self._searching.data(
            request.path_params["name"], look, request.query_params.get("file", ""),
            new=request.query_params.get("new") != "0",
        )  # fmt: skip


def _words(request: Request) -> str:
    return request.query_params.get("words", "")[:400]


class _EvidenceRoutes:
    """What is asked beside the diff and the verdicts; one method a route."""

    def __init__(self, engine: Engine) -> None:
        self._recalling = engine.recalling

    async def why(self, request: Request) -> wire.Why:
        look, _ = _look(request)
        return await self._recalling.why(
            request.path_params["name"], look, request.query_params.get("path", ""),
            _number(request, "line"), new=request.query_params.get("new") != "0",
        )  # fmt: skip

    async def deeds(self, request: Request) -> wire.Deeds:
        return await self._recalling.deeds(request.path_params["name"])

    async def compared(self, request: Request) -> tuple[wire.Compared, ...]:
        return await self._recalling.compared(request.path_params["name"])


def _json(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


def _plain(request: Request) -> str:
    """A name that is one path component, and not a hidden one."""
    name = str(request.path_params["name"])
    if not name or "/" in name or name.startswith("."):
        raise UnknownError(f"{name!r} is not a name of ours")
    return name


def _number(request: Request, name: str, default: int = 0) -> int:
    return int(request.query_params.get(name, default))


def _look(request: Request) -> tuple[wire.Look, int]:
    context = max(3, min(_number(request, "context", 3), 100_000))
    return wire.Look(request.query_params.get("look", "change")), context


def _part(transcript: Transcript, request: Request) -> wire.Chunk:
    limit = max(1, min(_number(request, "limit", 1 << 18), 8 << 20))
    if request.query_params.get("tail") == "1":
        return transcript.tail(limit)
    return transcript.read(_number(request, "offset"), limit)


def _bytes(path: Path, request: Request) -> wire.Chunk:
    limit = max(1, min(_number(request, "limit", 1 << 18), 8 << 20))
    tail = request.query_params.get("tail") == "1"
    size = path.stat().st_size
    offset = max(0, size - limit) if tail else min(_number(request, "offset"), size)
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(limit)
    text = data.decode(errors="replace")
    return wire.Chunk(offset=offset, end=offset + len(data), size=size, text=text, tail=tail)


async def serve(engine: Engine, path: Path) -> None:
    """Answer on the socket until cancelled. The folder's mode is what keeps others out."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    path.chmod(0o600)
    config = uvicorn.Config(
        application(engine), log_level="warning", access_log=False, lifespan="off", ws="none",
        timeout_graceful_shutdown=_GRACE, timeout_keep_alive=75, date_header=False,
    )  # fmt: skip
    server = _Server(config)
    try:
        await server.serve(sockets=[listening])
    except asyncio.CancelledError:
        server.should_exit = True
        raise
    finally:
        path.unlink(missing_ok=True)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, which are the engine's, and without its clock.

    Its own loop wakes up ten times a second to see whether it is to end; ours is cancelled.
    """

    async def main_loop(self) -> None:
        """Serve until cancelled."""
        await self.on_tick(0)
        await asyncio.Event().wait()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # as in uvicorn
        yield
