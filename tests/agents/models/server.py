"""The scripted model on the loopback. It keeps nothing between two requests but a list of them.

The first part of a base URL's path is the mood that the model is in, `MOODS` below: a program that
is pointed at `http://127.0.0.1:PORT/limited` finds a rate limit, one at `/plain` the recording.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import ModuleType

import msgspec
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from factory.agents.loopback import Loopback
from factory.agents.recording import Recording, answer
from factory.agents.tools import BASH, EDITOR
from factory.transcript import HANDOFF
from tests.agents.models import anthropic, chat, gemini, responses
from tests.agents.models.conversation import Asked, Json, Said
from tests.agents.models.tools import translate

METHODS = ["GET", "POST", "HEAD"]
CHARACTERS_A_TOKEN = 4
BREATH = 0.5
"""Seconds between two events of a slow model."""
MUCH = 2_000_000
"""Characters that a talkative one says before anything else."""


class Refusal(msgspec.Struct, frozen=True):
    """An HTTP answer that is no answer, in the words of each house."""

    status: int
    anthropic: str
    openai: str
    gemini: str
    said: str
    headers: dict[str, str] = {}


REFUSALS = {
    "limited": Refusal(
        429,
        "rate_limit_error",
        "rate_limit_exceeded",
        "RESOURCE_EXHAUSTED",
        "This request would exceed your account's rate limit. Please try again later.",
        {"retry-after": "3600"},
    ),
    "refused": Refusal(
        401, "authentication_error", "invalid_api_key", "UNAUTHENTICATED", "Incorrect API key."
    ),
    "broke": Refusal(
        400,
        "invalid_request_error",
        "insufficient_quota",
        "RESOURCE_EXHAUSTED",
        "Your credit balance is too low to access the API. Please go to Plans & Billing.",
    ),
    "unknown": Refusal(
        404, "not_found_error", "model_not_found", "NOT_FOUND", "model: no-such-model"
    ),
    "overloaded": Refusal(529, "overloaded_error", "server_error", "UNAVAILABLE", "Overloaded"),
}
MOODS = ("plain", "slow", "cut", "much", *REFUSALS)
"""`cut` ends the answer in its middle, without its last event."""


@dataclass
class ModelServer:
    """Serves a recording in all four forms; `root` is the folder in which the program works."""

    recording: Recording
    root: str = "/worktree"
    asked: list[str] = field(default_factory=list)
    """Method and path of every request."""
    bodies: list[Json] = field(default_factory=list)
    keep: bool = False
    """Whether bodies are kept, too."""

    def loopback(self) -> Loopback:
        """The server, to be entered; gives its URL without a mood."""
        route = Route("/{mood}/{rest:path}", self._serve, methods=METHODS)
        return Loopback(Starlette(routes=[route]))

    async def _serve(self, request: Request) -> Response:
        mood, path = request.path_params["mood"], "/" + request.path_params["rest"]
        self.asked.append(f"{request.method} {mood} {path}")
        form = _form(path)
        if request.method != "POST" or form is None:
            return _beside(request.method, path)
        body = await request.json()
        if self.keep:
            self.bodies.append(body)
        if re.search(r"count_?tokens", path, re.I):
            tokens = len(await request.body()) // CHARACTERS_A_TOKEN
            return JSONResponse({"input_tokens": tokens, "totalTokens": tokens})
        if mood in REFUSALS:
            return _refuse(REFUSALS[mood], form)
        asked = _read(form, body, path)
        said = _said(self.recording, asked, self.root)
        if mood == "much":
            said = replace(said, text="And so on, and so forth. " * (MUCH // 25) + said.text)
        if not asked.stream:
            return JSONResponse(form.whole(said, asked))
        events = list(form.stream(said, asked))
        if mood == "cut":
            events = events[: max(len(events) // 2, 1)]
        return StreamingResponse(_sent(events, mood), media_type="text/event-stream")


async def _sent(events: list[bytes], mood: str) -> AsyncIterator[bytes]:
    for event in events:
        yield event
        if mood == "slow":
            await asyncio.sleep(BREATH)


def _form(path: str) -> ModuleType | None:
    for end, form in (
        (r"/messages(/count_tokens)?$", anthropic),
        (r"/responses$", responses),
        (r"/chat/completions$", chat),
        (r":(stream)?[gG]enerateContent$|:countTokens$", gemini),
    ):
        if re.search(end, path):
            return form
    return None


def _read(form: ModuleType, body: Json, path: str) -> Asked:
    if form is gemini:
        named = re.search(r"models/([^:]+):", path)
        return gemini.read(body, named[1] if named else "", streamed=":stream" in path)
    asked: Asked = form.read(body)
    return asked


def _beside(method: str, path: str) -> Response:
    """What programs ask besides: is anybody there, and which models are there."""
    if path.endswith("/models"):
        return JSONResponse({"object": "list", "data": [], "models": [], "has_more": False})
    return Response(status_code=200 if method == "HEAD" else 404)


def _refuse(refusal: Refusal, form: ModuleType) -> Response:
    kinds = {anthropic: refusal.anthropic, gemini: refusal.gemini}
    body = form.error(refusal.status, kinds.get(form, refusal.openai), refusal.said)
    return JSONResponse(body, refusal.status, headers=refusal.headers)


def _said(recording: Recording, asked: Asked, root: str) -> Said:
    """The recording's next step; its handoff is what a program's last words are.

    A program that offers no tools wants a title for the session, or the like.
    """
    if not asked.tools:
        return Said(text="A task", input=1, output=1)
    played = answer(recording, asked.messages)
    texts = [played.step.say] if played.step.say else []
    texts += [call["input"]["summary"] for call in played.calls if call["name"] == HANDOFF]
    calls = [call for call in played.calls if call["name"] in (BASH, EDITOR)]
    made = tuple(translate(call, asked.tools, root) for call in calls)
    sizes = [len(msgspec.json.encode(message)) // CHARACTERS_A_TOKEN for message in asked.messages]
    words = "\n".join(texts)
    return Said(
        text=words,
        thought=played.step.think,
        calls=made,
        input=sum(sizes[-1:]) or 1,
        cached=sum(sizes[:-1]),
        output=(len(words) + len(msgspec.json.encode(made))) // CHARACTERS_A_TOKEN,
        number=len(asked.messages),
    )
