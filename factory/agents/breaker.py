"""Who may ask an endpoint: everybody while it answers; once it refuses, one at a time, and later.

One breaker stands before each account of a provider, and one before each model of it, for all
attempts of the engine: sixteen agents that are told to slow down do not all knock again at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from factory.accounts import Account, account
from factory.agents.setbacks import LADDER, LONG, WAITS, Setback, limited
from factory.clock import Clock
from factory.config import AgentSpec


class Breaker:
    """Stands before one endpoint. `waits` are the pauses before it is asked again, at first.

    A `doubtful` one has not asked yet, and takes it that it would be refused: one finds out.
    Before a model stands one of its own, with the account's `behind` it: a limit of the model's
    says nothing of the others, and everything else is the account's.
    """

    def __init__(
        self,
        clock: Clock,
        waits: Sequence[float] = WAITS,
        behind: Breaker | None = None,
        *,
        doubtful: bool = False,
    ) -> None:
        self._clock = clock
        self._waits = waits
        self._behind = behind
        self._what = "refused before the engine started" if doubtful else ""
        """How it refused when it was last asked; empty while it answers."""
        self._refusals = 0
        self._since = 0.0
        self._pause = 0.0
        self._number = 0
        """Grows with each refusal that counts."""
        self._asking: Turn | None = None
        """Who finds out whether it answers again."""
        self._found_out = asyncio.Event()
        self.proven = False
        """Whether it has ever given a whole answer."""

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[Turn, None]:
        """Wait until it may be asked; what came of it is to be said to the turn.

        Raises AgentError (rate limited) where that is too far away to be waited for.
        """
        while self._what:
            left = self._left()
            if left > LONG:
                raise limited(self._what, self._clock.now() + left)
            if left > 0:
                await self._clock.sleep(left)
            elif self._asking is None:
                break
            else:
                await self._found_out.wait()
        turn = Turn(self, self._number)
        self._asking = turn if self._what else self._asking
        try:
            if self._behind is None:
                yield turn
            else:
                async with self._behind.turn() as turn.behind:
                    yield turn
        finally:
            self._let_on(turn)

    def answers(self, turn: Turn) -> None:
        """It answers, so everybody may ask; one who asked before it refused knows nothing new."""
        if turn.number == self._number:
            self._what, self._refusals = "", 0
            self._let_on(turn)

    def refuses(self, turn: Turn, failed: Setback, given_up: int) -> float:
        """It refused: seconds from now in which nobody asks.

        Those who asked before it first refused hear the same: together they count once.
        """
        if turn.number == self._number:
            self._number += 1
            self._refusals += 1
            self._what = failed.what
            self._rest(failed.after or self._step(given_up))
        elif failed.after and failed.after > self._left():
            self._rest(failed.after)
        self._let_on(turn)
        return max(0.0, self._left())

    def ask_again(self) -> None:
        """Somebody may know better: one asks at once, and the others hear what it finds out."""
        self._pause = 0.0
        if self._behind is not None:
            self._behind.ask_again()

    def _rest(self, seconds: float) -> None:
        self._since, self._pause = self._clock.now(), seconds

    def _left(self) -> float:
        """Seconds in which nobody asks; a clock that was set back begins the pause anew."""
        if self._clock.now() < self._since:
            self._rest(self._pause)
        return self._since + self._pause - self._clock.now()

    def _step(self, given_up: int) -> float:
        if self._refusals <= len(self._waits):
            return self._waits[self._refusals - 1]
        step = max(given_up, self._refusals - len(self._waits) - 1)
        return LADDER[min(step, len(LADDER) - 1)]

    def _let_on(self, turn: Turn) -> None:
        """Whoever waits for what this turn finds out looks again."""
        if self._asking is turn:
            self._asking = None
            self._found_out.set()
            self._found_out = asyncio.Event()


class Turn:
    """One request that may be sent."""

    def __init__(self, breaker: Breaker, number: int) -> None:
        self._breaker = breaker
        self.number = number
        """How often the endpoint had refused when it began."""
        self.behind: Turn | None = None
        """The same request before the account, where the breaker is a model's."""

    def answers(self) -> None:
        """The endpoint has begun to answer, or refused for a reason of this request's alone."""
        self._breaker.answers(self)
        if self.behind is not None:
            self.behind.answers()

    def refuses(self, failed: Setback, given_up: int) -> float:
        """The endpoint asks for a pause: returns its seconds."""
        if self.behind is not None and not failed.of_model:
            return self.behind.refuses(failed, given_up)
        if self.behind is not None:
            self.behind.answers()
        return self._breaker.refuses(self, failed, given_up)


class Breakers:
    """The breakers of one engine; `doubtful` where it starts in the midst of a limit."""

    def __init__(self, clock: Clock, *, doubtful: bool = False) -> None:
        self._clock = clock
        self._doubtful = doubtful
        self._accounts: dict[str, Breaker] = {}
        self._models: dict[Account, Breaker] = {}

    def before(self, spec: AgentSpec) -> Breaker:
        """The one before the account and the model of an agent."""
        return self.of(account(spec))

    def of(self, account: Account) -> Breaker:
        """The one before an account and one of its models."""
        if account not in self._models:
            if account.name not in self._accounts:
                self._accounts[account.name] = Breaker(self._clock, doubtful=self._doubtful)
            behind = self._accounts[account.name]
            self._models[account] = Breaker(self._clock, behind=behind, doubtful=self._doubtful)
        return self._models[account]
