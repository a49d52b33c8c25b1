"""Evidence on demand: why a line is there, what the agent ran, tests old against new.

Reads transcripts, which may be long: in a thread, line by line, the newest attempt first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from factory.model import Run, Task
from factory.review import origin
from factory.review.claims import weighed
from factory.review.commands import called
from factory.review.edits import Line, line_of
from factory.review.patch import line_text
from factory.review.results import compare, has_ids
from factory.reviewing import Reviewing
from factory.shop import Shop
from factory.transcript import Transcript
from factory.wire import Compared, Deeds, Look, Why
from factory.worktrees import attempt_name

_LISTED = 1_000
"""Commands that are listed, the newest."""


class Recalling:
    """Answers what the screen asks beside the diff and the verdicts."""

    def __init__(self, shop: Shop, reviewing: Reviewing) -> None:
        self._shop = shop
        self._reviewing = reviewing

    async def why(self, name: str, look: Look, path: str, number: int, *, new: bool) -> Why:
        """The call of an attempt that wrote a line of a diff, or took it out.

        Raises UnknownError where there is no such diff. Without a trace, the answer says what may
        have written the line, if anything is known to.
        """
        task = self._shop.store.tasks.get(name)
        data = await self._reviewing.file(name, look, path, new=new)
        lines = line_text(data).split("\n") if data is not None else []
        line = line_of(path, lines, number, new=new)
        if line is None or not line.text.strip():
            return Why(text=line.text if line else "")
        return await asyncio.to_thread(self._search, task, line)

    async def deeds(self, name: str) -> Deeds:
        """The commands of the current attempt, and the handoff's claims held against them."""
        task = self._shop.store.tasks.get(name)
        if not task.attempt:
            return Deeds()
        change = self._shop.store.evidence.change(name)
        attempt = attempt_name(task)
        found = await asyncio.to_thread(
            lambda: tuple(called(self._transcript(attempt).lines(), attempt))
        )
        handoff = change.handoff if change is not None else task.handoff
        claims = weighed(handoff, [(one.ran.text, one.ran.exit_code) for one in found])
        listed = tuple(one for one in found if one.shell)[-_LISTED:]
        left_out = sum(one.shell for one in found) - len(listed)
        return Deeds(commands=tuple(one.ran for one in listed), claims=claims, left_out=left_out)

    async def compared(self, name: str) -> tuple[Compared, ...]:
        """Each guardrail of the change that names what it checks, held against the tip's run."""
        change = self._shop.store.evidence.change(name)
        if change is None:
            return ()
        evidence = self._shop.store.evidence
        newest = dict(evidence.newest_on(await self._shop.vault.tree_of(change.tip)))
        runs = (evidence.run(judged.run) for judged in change.judged if judged.run)

        def old(run: Run) -> Run | None:
            known = newest.get(run.guardrail)
            return evidence.run(known) if known else None

        return tuple(
            compare(run, change.tip, old(run)) for run in runs if run is not None and has_ids(run)
        )

    def _search(self, task: Task, line: Line) -> Why:
        """In a thread. Exactly that line anywhere, before one that is only like it."""
        names = [f"{task.id}.{number}" for number in range(task.attempt, 0, -1)]

        def look(*, alike: bool) -> Iterator[Why]:
            for name in names:
                yield origin.search(self._transcript(name).lines(), line, name, alike=alike)

        found = origin.newest(look(alike=False)) or origin.newest(look(alike=True))
        return found or Why(text=line.text)

    def _transcript(self, attempt: str) -> Transcript:
        return Transcript(self._shop.attempt_folder(attempt) / "transcript.jsonl")
