"""What a failed request means: whether to try again, how long to wait, what to tell the developer.

Pure. The SDK's own retries are off: they would sleep through a wait of an hour, and they know
nothing of an answer that breaks off half-way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from factory.config import AgentSpec
from factory.entry import AnyEntry, Remark, Response
from factory.model import AgentError, ParkReason, Struct

if TYPE_CHECKING:
    from anthropic import APIStatusError

LONG = 30.0
"""A wait in seconds that is not sat out: the task parks instead, and its place is free."""
LADDER = (60.0, 120.0, 300.0, 600.0, 900.0)
"""Seconds until the next try, where the endpoint names none, after giving up once, twice, …"""
GAVE_UP = "gave up for now: "

TOO_LONG = "the conversation no longer fits the model; end the task and queue smaller ones"

_PASSING = frozenset({"overloaded_error", "rate_limit_error", "api_error", "timeout_error"})
_SPENT = frozenset({"billing_error"})


class BrokenOffError(Exception):
    """An answer ended before its end."""


class Setback(Struct):
    """One failed try."""

    what: str
    """A clause: `api.anthropic.com is overloaded (529)`."""
    way_out: str = ""
    again: bool = False
    """Whether it may pass by itself."""
    after: float | None = None
    """Seconds the endpoint asks to wait."""
    reason: ParkReason = ParkReason.ERROR

    def wait(self, waits: Sequence[float], attempt: int) -> float | None:
        """Seconds before the next try after `attempt` (0 is the first); None to give up."""
        if not self.again or attempt >= len(waits) or (self.after or 0.0) > LONG:
            return None
        return max(self.after or 0.0, waits[attempt])

    def error(self, now: float, given_up: int) -> AgentError:
        """What to raise: parked until it may pass, or for the developer."""
        if not self.again or self.reason is not ParkReason.RATE_LIMITED:
            return AgentError(f"{self.what}: {self.way_out}", reason=self.reason)
        pause = self.after or LADDER[min(given_up, len(LADDER) - 1)]
        message = f"{self.what}: the task goes on by itself as soon as it may pass"
        return AgentError(message, reason=self.reason, until=now + pause)


def given_up(entries: Sequence[AnyEntry]) -> int:
    """How often in a row it was given up since the model last answered."""
    count = 0
    for entry in reversed(entries):
        if isinstance(entry, Response):
            break
        count += isinstance(entry, Remark) and entry.text.startswith(GAVE_UP)
    return count


def setback(error: Exception, host: str, spec: AgentSpec) -> Setback:
    """What `error` means. An error that has nothing to do with the request is raised again."""
    import anthropic
    import httpx2

    match error:
        case anthropic.APIStatusError():
            return _status(error, host, spec)
        case anthropic.APITimeoutError():
            return _passing(f"{host} did not answer in time")
        case anthropic.APIConnectionError():
            cause = str(error.__cause__ or error).rstrip(".")
            return _passing(f"{host} cannot be reached ({cause})")
        case httpx2.HTTPError() | BrokenOffError():
            return _passing(f"the answer of {host} broke off")
        case ValueError() | TypeError() | AttributeError() | LookupError() | AssertionError():
            return Setback(
                what=f"{host} answered what is not the Messages API ({type(error).__name__})",
                way_out=f"check base_url of agent {spec.name!r} in factory.toml",
                again=True,
            )
        case _:
            raise error


def _status(error: APIStatusError, host: str, spec: AgentSpec) -> Setback:
    """A refusal in HTTP's words, or an error event in the midst of an answer (status 200)."""
    code, said = error.status_code, (error.api_message or "no reason given").rstrip(".")
    told = f"{host} refused the request ({code}: {said})"
    spent = error.type in _SPENT or "spend_limit" in (error.error_code or "")
    match code:
        case _ if code == 402 or spent:
            return Setback(what=told, way_out="add credit to the account", reason=ParkReason.BUDGET)
        case _ if code in (408, 409, 429) or code >= 500 or error.type in _PASSING:
            busy = "limits the rate" if code == 429 else "is overloaded or down"
            return _passing(f"{host} {busy} ({code}: {said})", retry_after(error))
        case 401 | 403:
            way_out = f"put a valid key into {spec.key_env} and run `factory-tui engine restart`"
            return Setback(what=told, way_out=way_out)
        case 404:
            way_out = f"check model {spec.model!r} and base_url of agent {spec.name!r}"
            return Setback(what=told, way_out=way_out + " in factory.toml")
        case _ if code == 413 or "prompt is too long" in said:
            return Setback(what=told, way_out=TOO_LONG, reason=ParkReason.STUCK)
        case _:
            return Setback(what=told, way_out=f"check agent {spec.name!r} in factory.toml")


def retry_after(error: APIStatusError) -> float | None:
    """Seconds the endpoint asks to wait; None where it names none that can be read."""
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < 30 * 86_400:
            return seconds
    return None


def _passing(what: str, after: float | None = None) -> Setback:
    return Setback(what=what, again=True, after=after, reason=ParkReason.RATE_LIMITED)
