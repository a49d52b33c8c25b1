from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from factory.agents.setbacks import LADDER
from factory.config import AgentSpec
from factory.entry import AnyEntry, Delta, Finished, Remark, Response, Usage
from factory.model import AgentError, ParkReason
from tests.agents.bench import Workplace, claude, spec, task
from tests.agents.scripted import (
    Reply,
    Scripted,
    cut_off,
    done,
    drip,
    event,
    events,
    raw,
    refuses,
    says,
)

OVERLOADED = refuses(529, "overloaded_error", "Overloaded")
HALF = {"type": "text", "text": "half an answer"}


def work(home: Path, scripted: Scripted, **settings: Any) -> list[AnyEntry]:
    async def follow() -> list[AnyEntry]:
        async with scripted.listening() as url:
            agent = spec(base_url=url, **settings)
            place = Workplace(home, agent)
            if not place.transcript.entries():
                place.transcript.append(task())
            return [entry async for entry in place.follow(claude())]

    return asyncio.run(follow())


def fails(home: Path, scripted: Scripted) -> AgentError:
    with pytest.raises(AgentError) as caught:
        work(home, scripted)
    return caught.value


def remarks(entries: list[AnyEntry]) -> list[str]:
    return [entry.text for entry in entries if isinstance(entry, Remark)]


def test_an_overloaded_endpoint_is_asked_again(tmp_path: Path) -> None:
    scripted = Scripted([OVERLOADED, OVERLOADED, done()])
    entries = work(tmp_path, scripted)
    assert isinstance(entries[-1], Finished)
    assert len(scripted.asked) == 3
    said = [text.partition(" ")[2] for text in remarks(entries)]
    assert said == ["is overloaded or down (529: Overloaded); trying again in 0 s"] * 2
    assert scripted.asked[0] == scripted.asked[2]


def test_an_endpoint_that_stays_overloaded_parks_for_longer_and_longer(tmp_path: Path) -> None:
    scripted = Scripted([OVERLOADED])
    for pause in (*LADDER, LADDER[-1]):
        now = time.time()
        failure = fails(tmp_path, scripted)
        assert failure.reason is ParkReason.RATE_LIMITED
        assert failure.until is not None
        assert failure.until - now == pytest.approx(pause, abs=20)
    assert len(scripted.asked) == 4 * (len(LADDER) + 1)


def test_an_answer_resets_how_long_it_parks(tmp_path: Path) -> None:
    fails(tmp_path, Scripted([OVERLOADED]))
    fails(tmp_path, Scripted([says("", stop="pause_turn"), OVERLOADED]))
    now = time.time()
    failure = fails(tmp_path, Scripted([OVERLOADED]))
    assert failure.until is not None
    assert failure.until - now == pytest.approx(LADDER[1], abs=20)


def test_a_long_wait_is_not_sat_out(tmp_path: Path) -> None:
    scripted = Scripted([refuses(429, "rate_limit_error", "Too many", retry_after="3600"), done()])
    now = time.time()
    failure = fails(tmp_path, scripted)
    assert failure.reason is ParkReason.RATE_LIMITED
    assert failure.until is not None
    assert failure.until - now == pytest.approx(3600, abs=20)
    assert len(scripted.asked) == 1
    assert "limits the rate (429: Too many)" in str(failure)


def test_a_short_wait_is_waited_for_in_its_place(tmp_path: Path) -> None:
    limited = refuses(429, "rate_limit_error", "Too many", retry_after_ms="300")
    began = time.monotonic()
    assert isinstance(work(tmp_path, Scripted([limited, done()]))[-1], Finished)
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("header", ["soon", "-5", "nan", "inf", ""])
def test_a_wait_that_makes_no_sense_is_passed_over(tmp_path: Path, header: str) -> None:
    limited = refuses(429, "rate_limit_error", "Too many", retry_after=header)
    assert isinstance(work(tmp_path, Scripted([limited, done()]))[-1], Finished)


@pytest.mark.parametrize("keep", [1, 2, 3, 4, 5])
def test_an_answer_that_breaks_off_is_asked_for_again_and_what_it_cost_is_counted(
    tmp_path: Path, keep: int
) -> None:
    entries = work(tmp_path, Scripted([cut_off(HALF, keep=keep), says("a whole answer")]))
    responses = [entry for entry in entries if isinstance(entry, Response)]
    whole = keep == 5
    said = "half an answer" if whole else "a whole answer"
    assert [response.content[0]["text"] for response in responses] == [said]
    lost = [entry.spend for entry in entries if isinstance(entry, Usage)]
    if not whole:
        assert lost[0].input_tokens == 1000
        assert lost[0].usd == pytest.approx((1000 * 2 + 500 * 0.1 + 1 * 10) / 1e6)
        assert any("broke off; trying again" in text for text in remarks(entries))
    else:
        assert lost == []


def test_an_error_in_the_midst_of_an_answer_is_tried_again(tmp_path: Path) -> None:
    begun = events(HALF, stop="end_turn", tokens=9).split(b"event: content_block_d")[0]
    error = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    entries = work(tmp_path, Scripted([raw(begun + error), done()]))
    assert isinstance(entries[-1], Finished)
    assert any("overloaded or down (200: Overloaded)" in text for text in remarks(entries))


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>It works!</body></html>",
        b"",
        b"event: message_start\ndata: {this is no JSON\n\n",
        b'event: message_start\ndata: {"type": "message_start"}\n\n',
        b'event: content_block_stop\ndata: {"type": "content_block_stop", "index": 7}\n\n',
        b"event: message_start\ndata: [1, 2]\n\n",
        events(HALF, stop="end_turn", tokens=1).replace(b'"index":0', b'"index":5'),
    ],
    ids=["html", "nothing", "torn-json", "no-message", "no-start", "list", "wrong-index"],
)
def test_garbage_is_named_with_the_setting_to_look_at(tmp_path: Path, body: bytes) -> None:
    failure = fails(tmp_path, Scripted([raw(body)]))
    assert failure.reason is ParkReason.ERROR
    assert "is not the Messages API" in str(failure)
    assert "check base_url of agent 'tester'" in str(failure)


@pytest.mark.parametrize(
    ("reply", "reason", "said"),
    [
        (
            refuses(401, "authentication_error"),
            ParkReason.ERROR,
            "valid key into ANTHROPIC_API_KEY",
        ),
        (refuses(403, "permission_error"), ParkReason.ERROR, "valid key into ANTHROPIC_API_KEY"),
        (refuses(402, "billing_error"), ParkReason.BUDGET, "add credit to the account"),
        (refuses(404, "not_found_error"), ParkReason.ERROR, "check model 'claude-sonnet-5-5'"),
        (refuses(413, "request_too_large"), ParkReason.STUCK, "no longer fits the model"),
        (
            refuses(400, "invalid_request_error", "prompt is too long: 210000 tokens"),
            ParkReason.STUCK,
            "no longer fits the model",
        ),
        (refuses(400, "invalid_request_error", "odd"), ParkReason.ERROR, "(400: odd): check agent"),
    ],
)
def test_a_refusal_is_not_repeated_and_says_the_way_out(
    tmp_path: Path, reply: Reply, reason: ParkReason, said: str
) -> None:
    scripted = Scripted([reply])
    failure = fails(tmp_path, scripted)
    assert failure.reason is reason
    assert said in str(failure)
    assert "127.0.0.1" in str(failure)
    assert len(scripted.asked) == 1


def test_a_missing_key_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    place = Workplace(tmp_path, AgentSpec(name="tester", kind="claude"), task(), key="")
    with pytest.raises(AgentError, match="no API key for agent 'tester': put one into ANTHROPIC"):
        asyncio.run(place.work(claude()))


def test_a_server_of_ones_own_needs_no_key_and_no_price(tmp_path: Path) -> None:
    scripted = Scripted([done()])
    entries = work(tmp_path, scripted, model="llama-5:9b")
    response = next(entry for entry in entries if isinstance(entry, Response))
    assert response.spend.usd is None
    assert response.spend.input_tokens == 1000
    assert "thinking" not in scripted.asked[0]


def test_a_subscription_is_counted_in_tokens_only(tmp_path: Path) -> None:
    entries = work(tmp_path, Scripted([done()]), subscription=True)
    response = next(entry for entry in entries if isinstance(entry, Response))
    assert response.spend.usd is None
    assert response.spend.tokens == 1600


def test_text_streams_to_the_screen_before_the_answer_is_whole(tmp_path: Path) -> None:
    entries = work(tmp_path, Scripted([says("hello")]))
    kinds = [type(entry) for entry in entries]
    assert kinds.index(Delta) < kinds.index(Response)
    assert "".join(entry.text for entry in entries if isinstance(entry, Delta)) == "hello"


def test_a_proxy_of_the_machine_is_not_asked_for_a_local_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(work(tmp_path, Scripted([done()]))[-1], Finished)


# --- accounts that are empty, and hours that are named ------------------------------------------

NO_CREDIT = "Your credit balance is too low to access the Anthropic API."
NO_MORE = "You have reached your specified API usage limits. You will regain access on "


def test_an_empty_account_is_told_from_a_wrong_request(tmp_path: Path) -> None:
    scripted = Scripted([refuses(400, "invalid_request_error", NO_CREDIT)])
    failure = fails(tmp_path, scripted)
    assert (failure.reason, failure.until) == (ParkReason.BUDGET, None)
    assert "add credit to the account" in str(failure)
    assert len(scripted.asked) == 1


def test_a_spent_limit_goes_on_on_the_day_that_the_account_may_spend_again(tmp_path: Path) -> None:
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=3)
    said = f"{NO_MORE}{day:%Y-%m-%d} at 00:00 UTC."
    failure = fails(tmp_path, Scripted([refuses(400, "invalid_request_error", said)]))
    assert failure.reason is ParkReason.BUDGET
    assert failure.until == pytest.approx(day.timestamp(), abs=1)


@pytest.mark.parametrize("day", ["2001-01-01", "2999-01-01", "2026-13-45"])
def test_a_day_that_makes_no_sense_waits_for_the_developer(tmp_path: Path, day: str) -> None:
    failure = fails(tmp_path, Scripted([refuses(400, "invalid_request_error", NO_MORE + day)]))
    assert (failure.reason, failure.until) == (ParkReason.BUDGET, None)


def test_a_wait_may_be_given_as_a_date(tmp_path: Path) -> None:
    at = datetime.now(UTC) + timedelta(hours=12)
    refused = refuses(429, "rate_limit_error", "Too many", retry_after=format_datetime(at))
    failure = fails(tmp_path, Scripted([refused]))
    assert failure.reason is ParkReason.RATE_LIMITED
    assert failure.until == pytest.approx(at.timestamp(), abs=2)


# --- answers that do not end, or do not begin ---------------------------------------------------


def test_an_answer_of_which_only_pings_come_is_given_up_and_comes_again_later(
    tmp_path: Path,
) -> None:
    begun = events(HALF, stop="end_turn", tokens=1000).split(b"event: content_block_s")[0]
    scripted = Scripted([drip(begun, *[event("ping")] * 10_000, pause=0.05)])
    with pytest.raises(
        AgentError, match=r"said nothing for 1 s; it goes on by itself at"
    ) as caught:
        work(tmp_path, scripted, patience=0.7)
    assert caught.value.reason is ParkReason.RATE_LIMITED
    assert caught.value.until is not None
    assert len(scripted.asked) == 1, "waiting once was long enough"


def test_an_answer_that_comes_slowly_is_left_alone(tmp_path: Path) -> None:
    parts = events(*[HALF] * 6, stop="end_turn", tokens=9).split(b"event: ")[1:]
    slow = drip(*(b"event: " + part for part in parts), pause=0.1)
    entries = work(tmp_path, Scripted([slow]), patience=1.0)
    assert isinstance(entries[-1], Finished)


def test_an_answer_without_an_end_is_broken_off(tmp_path: Path) -> None:
    begun = events(HALF, stop="end_turn", tokens=9).split(b"event: content_block_stop")[0]
    more = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "ha" * 500})
    with pytest.raises(AgentError, match="sent far more than it was asked for"):
        work(tmp_path, Scripted([drip(begun, *[more] * 10_000)]), max_tokens=100)


def test_nonsense_of_an_endpoint_that_has_answered_before_passes_by_itself(tmp_path: Path) -> None:
    html = raw(b"<html><body>502</body></html>", "text/html")
    failure = fails(tmp_path, Scripted([says("", stop="pause_turn"), html]))
    assert failure.reason is ParkReason.RATE_LIMITED
    assert failure.until is not None
