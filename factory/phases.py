"""One phase of one task, run to its end: what comes of it is written, whatever went wrong."""

from __future__ import annotations

import logging

from factory import lifecycle, parting
from factory.attempt import Attempts
from factory.faults import Point, reached
from factory.gate import Gate
from factory.landing import Landings
from factory.lifecycle import Phase
from factory.model import (
    FactoryError,
    NotNowError,
    ParkReason,
    StoreError,
    Task,
    cause,
    sentence,
)
from factory.remarks import Moved, carry, keep, settle
from factory.reviewing import Reviewing
from factory.shop import Shop

log = logging.getLogger(__name__)


class Phases:
    """Runs phases; holds nothing of its own between them."""

    def __init__(
        self, shop: Shop, attempts: Attempts, gate: Gate, landings: Landings, reviewing: Reviewing
    ) -> None:
        self._shop = shop
        self._attempts = attempts
        self._gate = gate
        self._landings = landings
        self._reviewing = reviewing

    async def run(self, task: Task, phase: Phase) -> None:
        """Run a phase to its end, and let the task have what came of it.

        Raises NotNowError where the developer was quicker, StoreError where nothing can be written.
        """
        try:
            event = await self._work_on(task, phase)
            moved = await self.read(event, anew=phase is Phase.CHECK)
        except Exception as error:
            found = cause(error)
            if isinstance(found, NotNowError | StoreError):
                raise found from error
            event = lifecycle.Failed(reason=ParkReason.ERROR, message=_why(found, task, phase))
            moved = ()
        with self._shop.store.transaction():
            after = self._shop.happen(task.id, event)
            keep(self._shop, moved)
            if isinstance(event, lifecycle.Landed):
                parting.landed(self._shop, after)
        if isinstance(event, lifecycle.Landed):
            reached(Point.LAND_DONE)

    async def read(self, event: lifecycle.AnyEvent, *, anew: bool) -> tuple[Moved, ...]:
        """Before a change is shown: its hunks, and where the developer's remarks stand on it.

        `anew` where it is another round's, which may have answered them.
        """
        if not isinstance(event, lifecycle.Green | lifecycle.Differs):
            return ()
        before = self._shop.store.evidence.changes(event.change.task)
        await self._reviewing.remember(event.change)
        return await (settle if anew else carry)(self._shop, event.change, before)

    async def _work_on(self, task: Task, phase: Phase) -> lifecycle.AnyEvent:
        match phase:
            case Phase.WORK:
                return await self._attempts.work(task)
            case Phase.CHECK:
                return await self._gate.check(task)
            case Phase.LAND:
                return await self._landings.land(task)


def _why(error: BaseException, task: Task, phase: Phase) -> str:
    """Why a phase could not go on, in words for the developer."""
    match error:
        case FactoryError():
            return str(error)
        case OSError():
            return f"{sentence(error)}; then resume it"
        case _:
            log.error("%s: %s", task.id, phase, exc_info=error)
            return (
                f"a fault of factory-tui's own: {error!r}; resume tries again, `factory-tui "
                "doctor` names the log with the details"
            )
