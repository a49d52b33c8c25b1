"""A model whose price is unknown: the developer is asked, once an attempt, before it costs them.

Nobody can hold a cap in dollars for it. A cap in tokens holds, so under one it is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from factory.agents.base import Desk, Unpriced
from factory.entry import AnyEntry, Origin, Prompt, Question
from factory.ledger import own_prices
from factory.model import AgentError, ParkReason

PRICE = "price"
"""Id of the question; no call of an agent's has it."""
GO_ON = "go on"


def question(desk: Desk, models: Sequence[str]) -> Question | None:
    """What to ask before models of unknown price are; None where nothing is to be asked.

    Raises AgentError where nobody could answer.
    """
    if not models or desk.unpriced is Unpriced.COUNT or agreed(desk.history):
        return None
    unknown = f"What {' and '.join(dict.fromkeys(models))} costs is unknown"
    way_out = f"add it to {own_prices()}, or set task_tokens in [budget]"
    if desk.unpriced is Unpriced.REFUSE:
        raise AgentError(
            f"{unknown}, and nobody attends who could agree to that: {way_out}; then resume it",
            reason=ParkReason.BUDGET,
        )
    text = f"{unknown}, so only its tokens can be counted: {way_out}, or answer `{GO_ON}`"
    return Question(at=desk.now(), text=text, id=PRICE, options=(GO_ON,))


def agreed(entries: Sequence[AnyEntry]) -> bool:
    """Whether the developer has answered that it may go on without a price."""
    asked = False
    for entry in entries:
        match entry:
            case Question(id=name):
                asked = asked or name == PRICE
            case Prompt(origin=Origin.DEVELOPER, text=text):
                if asked and f"\n{text}".rstrip(" .!`\n").casefold().endswith(f"\n{GO_ON}"):
                    return True
            case _:
                pass
    return False
