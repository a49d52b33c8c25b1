"""Every fault of an endpoint that we know of, with the class that it must be given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from factory.model import ParkReason, Struct
from tests.agents.scripted import (
    Reply,
    answers,
    bash,
    cut_off,
    done,
    drip,
    event,
    events,
    raw,
    refuses,
    says,
)
from tests.trust.faults.rude import HEAD, Rude

START = datetime(2026, 11, 20, 18, 4, tzinfo=UTC)
"""Friday evening."""
HOUR = 3600.0
HALF = {"type": "text", "text": "half an answer"}
WHOLE = events(HALF, stop="end_turn", tokens=1000)
BEGUN = WHOLE.split(b"event: content_block_s")[0]
OPEN = WHOLE.split(b"event: content_block_stop")[0]
PING = event("ping")
RATE, BUDGET, ERROR, STUCK = (
    ParkReason.RATE_LIMITED, ParkReason.BUDGET, ParkReason.ERROR, ParkReason.STUCK,
)  # fmt: skip


class Case(Struct):
    """What an endpoint does after one good turn, and what must come of it."""

    name: str
    replies: tuple[Reply, ...] = ()
    rude: Rude | None = None
    """In the place of replies."""
    parks: ParkReason | None = None
    """None where the work goes on by itself, to its end."""
    until: float | None = None
    """Seconds after which it goes on; None where it waits for the developer."""
    asked: int | None = None
    """Requests after the good turn; None where nobody counts them."""
    lost: int = 0
    """Answers that broke off after their price was named."""
    patience: float = 60.0
    fresh: bool = False
    """Whether there was no good turn before."""


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _passing()
    yield from _refusals()
    yield from _broken()
    yield from _slow()
    yield from _odd()


def _passing() -> Iterator[Case]:
    for code, kind in (
        (429, "rate_limit_error"), (529, "overloaded_error"), (500, "api_error"),
        (503, "api_error"), (408, "timeout_error"),
    ):  # fmt: skip
        bad = refuses(code, kind)
        yield Case(name=f"{code} twice", replies=(bad, bad, done()), asked=3)
        yield Case(name=f"{code} for good", replies=(bad,), parks=RATE, until=60.0, asked=4)
    page = raw(b"<html>Bad Gateway</html>", "text/html")
    yield Case(name="a gateway's page", replies=(page,), parks=RATE, until=60.0, asked=4)
    for name, header, until in (
        ("12 hours", "43200", 12 * HOUR),
        ("a date", format_datetime(START.replace(day=21), usegmt=True), 24 * HOUR),
    ):
        far = refuses(429, "rate_limit_error", retry_after=header)
        yield Case(name=f"429 until {name}", replies=(far,), parks=RATE, until=until, asked=1)
    near = refuses(429, "rate_limit_error", retry_after="5")
    yield Case(name="429 for 5 s", replies=(near, done()), asked=2)


def _refusals() -> Iterator[Case]:
    limit = "You have reached your specified API usage limits. You will regain access on 2026-11-23"
    for name, reply, parks, until in (
        ("no credit", refuses(400, "invalid_request_error", "Your credit balance is too low"),
         BUDGET, None),
        ("billing", refuses(402, "billing_error"), BUDGET, None),
        ("spend limit", refuses(429, "billing_error", "Spend limit reached"), BUDGET, None),
        ("usage limit", refuses(400, "invalid_request_error", f"{limit} at 00:00 UTC."), BUDGET,
         (datetime(2026, 11, 23, tzinfo=UTC) - START).total_seconds()),
        ("401", refuses(401, "authentication_error"), ERROR, None),
        ("403", refuses(403, "permission_error"), ERROR, None),
        ("404", refuses(404, "not_found_error"), ERROR, None),
        ("400", refuses(400, "invalid_request_error", "odd"), ERROR, None),
        ("413", refuses(413, "request_too_large"), STUCK, None),
        ("too long", refuses(400, "invalid_request_error", "prompt is too long"), STUCK, None),
    ):  # fmt: skip
        yield Case(name=name, replies=(reply,), parks=parks, until=until, asked=1)


def _broken() -> Iterator[Case]:
    for keep in (1, 2, 3, 4):
        cut = cut_off(HALF, keep=keep)
        yield Case(name=f"cut after {keep}", replies=(cut, done()), asked=2, lost=1)
    error = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    yield Case(name="error amid", replies=(raw(BEGUN + error), done()), asked=2, lost=1)
    for name, pieces, lost in (
        ("reset at once", (), 0), ("reset amid the head", (HEAD[:20],), 0),
        ("reset before a word", (HEAD,), 0), ("reset amid", (HEAD, OPEN), 4),
        ("bytes of no protocol", (bytes(range(256)),), 0),
        ("bytes of no text", (HEAD, b"data: \xff\xfe\x00\n\n"), 0),
    ):  # fmt: skip
        rude = Rude(pieces=pieces, pause=0.02)
        yield Case(name=name, rude=rude, parks=RATE, until=60.0, lost=lost)
    for name, body in (
        ("torn JSON", b"event: message_start\ndata: {this is no JSON\n\n"),
        ("no message", b'event: message_start\ndata: {"type": "message_start"}\n\n'),
        ("a list", b"event: message_start\ndata: [1, 2]\n\n"),
        ("no beginning", WHOLE[len(BEGUN) :]),
        ("nothing", b""),
    ):
        yield Case(name=name, replies=(raw(body), done()), asked=2)
        yield Case(name=f"{name} at first", replies=(raw(body),), parks=ERROR, asked=4, fresh=True)


def _slow() -> Iterator[Case]:
    for name, pieces, lost in (
        ("silence", (), 0), ("silence after the head", (HEAD,), 0),
        ("silence amid", (HEAD + OPEN,), 1), ("pings only", (HEAD + BEGUN, *[PING] * 400), 1),
        ("a byte at a time", (HEAD, *(bytes((b,)) for b in WHOLE[:400])), 0),
    ):  # fmt: skip
        yield Case(
            name=name, rude=Rude(pieces=pieces, pause=0.02, hangs=True), parks=RATE, until=60.0,
            lost=lost, patience=0.4,
        )  # fmt: skip
    parts = [b"event: " + part for part in events(*[HALF] * 6, stop="end_turn", tokens=9)
             .split(b"event: ")[1:]]  # fmt: skip
    yield Case(name="slow and busy", replies=(drip(*parts, pause=0.15),), patience=1.5)


def _odd() -> Iterator[Case]:
    more = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "ha" * 9000})
    endless = drip(OPEN, *[more] * 1000)
    yield Case(name="no end", replies=(endless,), parks=RATE, until=60.0, asked=4, lost=4)
    yield Case(name="begun twice", replies=(raw(BEGUN + WHOLE),), asked=1)
    same = bash("true", "same")
    yield Case(name="the same call again", replies=(same,), parks=STUCK)
    cut = says("half", stop="max_tokens")
    yield Case(name="max_tokens once", replies=(cut, done()), asked=2)
    yield Case(name="max_tokens for good", replies=(cut,), parks=STUCK, asked=3)
    full = says("half", stop="model_context_window_exceeded")
    yield Case(name="window full", replies=(full,), parks=STUCK, asked=3)
    yield Case(name="refusal", replies=(says("no", stop="refusal"),), parks=ERROR, asked=1)
    yield Case(name="pause_turn", replies=(says("", stop="pause_turn"), done()), asked=2)
    yield Case(name="empty once", replies=(says(""), done()), asked=2)
    yield Case(name="empty for good", replies=(says(""),), parks=STUCK)
    yield Case(name="unknown stop", replies=(answers(HALF, stop="tea_time"),), asked=1)
