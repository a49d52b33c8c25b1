"""What a failed request means: whether to try again, how long to wait, what to tell the developer.

Pure. The SDK's own retries are off: they would sleep through a wait of an hour, and they know
nothing of an answer that breaks off half-way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from factory.config import AgentSpec
from factory.endpoints import service_named
from factory.entry import AnyEntry, Remark, Response
from factory.model import AgentError, ParkReason, Struct

if TYPE_CHECKING:
    from anthropic import APIStatusError

WAITS = (1.0, 5.0, 15.0)
"""Seconds before each further try of a request."""
LONG = 30.0
"""A wait in seconds that is not sat out: the task parks instead, and its place is free."""
LADDER = (60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0)
"""Seconds until the next try, where the endpoint names none, after giving up once, twice, …"""
GAVE_UP = "gave up for now: "
GOES_ON = "; it goes on by itself"
"""How the sentence of a refusal ends that will pass."""

TOO_LONG = "the conversation no longer fits the model; end the task and queue smaller ones"

_PASSING = frozenset({"overloaded_error", "rate_limit_error", "api_error", "timeout_error"})
_OF_A_MODEL = frozenset({"overloaded_error", "rate_limit_error"})
"""What is counted, and runs short, for each model by itself."""
_SPENT = frozenset({"billing_error"})
_SPENT_WORDS = re.compile(r"credit balance is too low|usage limits?\b|spend(ing)? limit", re.I)
"""How an empty account is told with a code that means something else."""
_REGAIN = re.compile(r"regain access on (\d{4}-\d\d-\d\d)(?: at (\d\d:\d\d))?")
_FARTHEST = 60 * 86_400.0
"""Seconds; what asks for a longer wait means something else."""


class BrokenOffError(Exception):
    """An answer ended before its end."""


class SilentError(Exception):
    """Nothing of an answer came for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class EndlessError(Exception):
    """An answer went on far beyond the tokens that it may have."""


class Setback(Struct):
    """One failed try."""

    what: str
    """A clause: `api.anthropic.com is overloaded (529)`."""
    way_out: str = ""
    again: bool = False
    """Whether it may pass by itself."""
    sat_out: bool = False
    """Whether the try took so long that it is not made again in its place; others may ask."""
    after: float | None = None
    """Seconds the endpoint asks to wait."""
    of_model: bool = False
    """Whether it speaks of one model of the account only: the others may be asked."""
    reason: ParkReason = ParkReason.ERROR

    def wait(self, waits: Sequence[float], attempt: int) -> float | None:
        """Seconds before the next try after `attempt` (0 is the first); None to give up."""
        if not self.again or self.sat_out or attempt >= len(waits):
            return None
        wait = max(self.after or 0.0, waits[attempt])
        return wait if wait <= LONG else None

    def error(self, now: float, given_up: int, pause: float = 0.0) -> AgentError:
        """What to raise: parked until it may pass, or for the developer.

        `pause` are the seconds in which the endpoint is not asked at all.
        """
        if not self.again or self.reason is not ParkReason.RATE_LIMITED:
            until = now + self.after if self.after else None
            return AgentError(f"{self.what}: {self.way_out}", reason=self.reason, until=until)
        pause = self.after or max(pause, LADDER[min(given_up, len(LADDER) - 1)])
        return limited(self.what, now + pause)


def limited(what: str, until: float) -> AgentError:
    """What to raise where an endpoint is not to be asked before `until`."""
    message = f"{what}{GOES_ON} at {hour(until)}"
    return AgentError(message, reason=ParkReason.RATE_LIMITED, until=until)


def hour(at: float) -> str:
    """A time as the developer reads it: their own hour, with the day."""
    return datetime.fromtimestamp(at).strftime("%H:%M on %a %d %b")


def given_up(entries: Sequence[AnyEntry]) -> int:
    """How often in a row it was given up since the model last answered."""
    count = 0
    for entry in reversed(entries):
        if isinstance(entry, Response):
            break
        count += isinstance(entry, Remark) and entry.text.startswith(GAVE_UP)
    return count


def setback(
    error: Exception, host: str, spec: AgentSpec, now: float, *, proven: bool = False
) -> Setback:
    """What `error` means. An error that has nothing to do with the request is raised again.

    `proven` says that the endpoint has answered as it should before: nonsense then is an outage.
    """
    import anthropic
    import httpx2

    match error:
        case anthropic.APIStatusError():
            return _status(error, host, spec, now)
        case SilentError(seconds=seconds):
            return _passing(f"{host} said nothing for {seconds:.0f} s", sat_out=True)
        case anthropic.APITimeoutError():
            return _passing(f"{host} did not answer in time")
        case anthropic.APIConnectionError():
            cause = str(error.__cause__ or error).rstrip(".")
            return _passing(f"{host} cannot be reached ({cause})")
        case httpx2.HTTPError() | BrokenOffError():
            return _passing(f"the answer of {host} broke off")
        case EndlessError():
            return _nonsense(f"{host} sent far more than it was asked for", spec, proven=proven)
        case (
            ValueError() | TypeError() | AttributeError() | LookupError() | AssertionError()
            | RuntimeError()
        ):  # fmt: skip
            what = f"{host} answered what is not the Messages API ({type(error).__name__})"
            return _nonsense(what, spec, proven=proven)
        case _:
            raise error


def _status(error: APIStatusError, host: str, spec: AgentSpec, now: float) -> Setback:
    """A refusal in HTTP's words, or an error event in the midst of an answer (status 200)."""
    code, said = error.status_code, (error.api_message or "no reason given").rstrip(".")
    told = f"{host} refused the request ({code}: {said})"
    spent = error.type in _SPENT or "spend_limit" in (error.error_code or "")
    spent = spent or (error.type != "rate_limit_error" and bool(_SPENT_WORDS.search(said)))
    match code:
        case _ if code == 402 or spent:
            way_out = "add credit to the account, or raise its limit"
            after = _regained(said, now)
            return Setback(what=told, way_out=way_out, after=after, reason=ParkReason.BUDGET)
        case _ if code in (408, 409, 429) or code >= 500 or error.type in _PASSING:
            busy = "limits the rate" if code == 429 else "is overloaded or down"
            failed = _passing(f"{host} {busy} ({code}: {said})", retry_after(error, now))
            return replace(failed, of_model=error.type in _OF_A_MODEL)
        case 401 | 403:
            sign_in = service_named(spec.endpoint).sign_in or f"put a valid key into {spec.key_env}"
            way_out = f"{sign_in}, and run `factory-tui engine restart`"
            return Setback(what=told, way_out=way_out)
        case 404:
            way_out = f"check model {spec.model!r} and base_url of agent {spec.name!r}"
            return Setback(what=told, way_out=way_out + " in factory.toml")
        case _ if code == 413 or "prompt is too long" in said:
            return Setback(what=told, way_out=TOO_LONG, reason=ParkReason.STUCK)
        case _:
            return Setback(what=told, way_out=f"check agent {spec.name!r} in factory.toml")


def retry_after(error: APIStatusError, now: float) -> float | None:
    """Seconds the endpoint asks to wait, as a number or a date; None where none can be read."""
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name, "")
        try:
            seconds = float(text) / unit
        except ValueError:
            seconds = _until(text, now)
        if 0 <= seconds < _FARTHEST:
            return seconds
    return None


def _until(text: str, now: float) -> float:
    """Seconds until a date as HTTP writes it; below 0 for what is none."""
    try:
        return parsedate_to_datetime(text).timestamp() - now
    except (ValueError, OverflowError, IndexError):
        return -1.0


def _regained(said: str, now: float) -> float | None:
    """Seconds until an account may spend again, where the refusal says when."""
    found = _REGAIN.search(said)
    if found is None:
        return None
    try:
        day = datetime.strptime(f"{found[1]} {found[2] or '00:00'}", "%Y-%m-%d %H:%M")
    except ValueError:
        return None
    seconds = day.replace(tzinfo=UTC).timestamp() - now
    return seconds if 0 < seconds < _FARTHEST else None


def _passing(what: str, after: float | None = None, *, sat_out: bool = False) -> Setback:
    return Setback(
        what=what, again=True, sat_out=sat_out, after=after, reason=ParkReason.RATE_LIMITED
    )


def _nonsense(what: str, spec: AgentSpec, *, proven: bool) -> Setback:
    """A wrong address, or where it was right before, a gateway that has nobody behind it."""
    return Setback(
        what=what,
        way_out=f"check base_url of agent {spec.name!r} in factory.toml",
        again=True,
        reason=ParkReason.RATE_LIMITED if proven else ParkReason.ERROR,
    )
