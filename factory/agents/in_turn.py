"""A program before the breaker of its account: after a refusal one begins, and the rest wait."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from factory.agents.base import Desk, Runtime
from factory.agents.setbacks import GAVE_UP, GOES_ON, LADDER, Setback, given_up, limited
from factory.entry import AnyEntry, Delta, Finished, Output, Remark, Response, ToolCall
from factory.model import AgentError, ParkReason


class InTurn:
    """Any runtime that asks its provider by itself, and tells only at the end how that went."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def work(self, desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        """Work as the runtime does, once its account may be asked. Raises what it raises."""
        async with desk.breaker.turn() as turn:
            try:
                async with aclosing(self._runtime.work(desk)) as entries:
                    async for entry in entries:
                        if answered(entry, desk.spec.output):
                            turn.answers()
                        yield entry
            except AgentError as error:
                if error.reason is not ParkReason.RATE_LIMITED:
                    raise
                times = given_up(desk.history)
                failed = _refusal(error, desk.now(), times)
                turn.refuses(failed, times)
                yield Remark(at=desk.now(), text=f"{GAVE_UP}{failed.what}")
                until = error.until or desk.now() + (failed.after or 0.0)
                raise limited(failed.what, until) from error


def answered(entry: AnyEntry, output: str = "") -> bool:
    """Whether an entry shows that the provider has answered the program.

    Claude Code tells a refusal as an answer too, by a model that it calls synthetic. A program
    whose output is plain text shows nothing else than that.
    """
    match entry:
        case Response(model=model):
            return not model.startswith("<")
        case Delta() | ToolCall() | Finished():
            return True
        case Output():
            return output == "text"
        case _:
            return False


def _refusal(error: AgentError, now: float, given_up: int) -> Setback:
    """What the program was told; where no hour was named, later each time."""
    after = LADDER[min(given_up, len(LADDER) - 1)]
    if error.until is not None:
        after = max(error.until - now, 0.0)
    return Setback(
        what=str(error).removesuffix(GOES_ON), again=True, after=after, reason=error.reason
    )
