"""What is said to an agent: each word is heard once, whatever is killed in between.

A word waits in the task's row until the transcript has it; it is written there first, and only
then forgotten. So after a kill it is in one of the two, or in both, and then it is not said again.
"""

from __future__ import annotations

from collections.abc import Sequence

from factory.brief import brief, taking_over
from factory.config import AgentSpec, Config
from factory.entry import AnyEntry, Origin, Prompt
from factory.faults import Point, reached
from factory.model import Pending, Task
from factory.shop import Shop
from factory.transcript import Transcript
from factory.wire import Grew
from factory.worktrees import attempt_name


class Telling:
    """The words for the agents of one engine."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def deliver(
        self, task: Task, transcript: Transcript, config: Config, spec: AgentSpec
    ) -> None:
        """Write what is still to be said into the transcript; then, only then, forget it."""
        own = _prompts(transcript.entries())
        before = self._before(task)
        written = [*_prompts(before), *own]
        for pending in task.prompts:
            origin = Origin(pending.origin)
            texts = {pending.text: origin}
            if origin is Origin.TASK:  # given once more, what was said so far counts once more, too
                asked = await self._asked(task, config, spec, before)
                texts = {asked: origin, **_words(own, pending.at)}
            for text, by in texts.items():
                known = _written(written, text, by, pending.at)
                if known is not None:
                    written.remove(known)
                else:
                    size = transcript.append(Prompt(at=self._shop.now(), text=text, origin=by))
                    self._shop.tell(Grew(name=attempt_name(task), size=size))
        reached(Point.WORK_TOLD)
        told = set(task.prompts)
        now = self._shop.store.tasks.get(task.id)
        self._shop.amend(task.id, prompts=tuple(p for p in now.prompts if p not in told))

    def steering(self, name: str) -> tuple[str, ...]:
        """What the developer has said meanwhile; it is forgotten once it is in the transcript."""
        return tuple(pending.text for pending in self._shop.store.tasks.get(name).prompts)

    def heard(self, name: str, text: str) -> None:
        """The transcript has these words now: forget them, once."""
        prompts = self._shop.store.tasks.get(name).prompts
        found = next((pending for pending in prompts if pending.text == text), None)
        if found is not None:
            self._shop.amend(name, prompts=_without(prompts, found))

    async def _asked(
        self, task: Task, config: Config, spec: AgentSpec, before: Sequence[AnyEntry]
    ) -> str:
        """The task in words; for who takes it over, with the page of how it stands."""
        asked = brief(task, config, spec)
        if not task.takes_over or spec.script:
            return asked
        folder = self._shop.trees.worktrees / task.worktree
        tree = await self._shop.trees.tree(folder, task.base)
        changed = await self._shop.vault.counted(await self._shop.vault.tree_of(task.base), tree)
        attempts = self._shop.store.tasks.attempts(task.id)
        former = [one.agent for one in attempts if one.number < task.attempt]
        change = self._shop.store.evidence.change(task.id)
        judged = change.judged if change else ()
        return taking_over(asked, former[-1] if former else "", before, changed, judged)

    def _before(self, task: Task) -> list[AnyEntry]:
        """What was said and done in the attempts that this one goes on with."""
        if not task.takes_over:
            return []
        found: list[AnyEntry] = []
        for number in range(1, task.attempt):
            folder = self._shop.attempt_folder(f"{task.id}.{number}")
            found += Transcript(folder / "transcript.jsonl").entries()
        return found


def _prompts(entries: Sequence[AnyEntry]) -> list[Prompt]:
    return [entry for entry in entries if isinstance(entry, Prompt)]


def _written(written: Sequence[Prompt], text: str, by: Origin, since: float) -> Prompt | None:
    """The entry by which this was said already. The task is not said twice in other words."""
    return next(
        (
            one
            for one in written
            if one.at >= since and (one.text == text or by is one.origin is Origin.TASK)
        ),
        None,
    )


def _without(prompts: tuple[Pending, ...], heard: Pending) -> tuple[Pending, ...]:
    at = prompts.index(heard)
    return (*prompts[:at], *prompts[at + 1 :])


def _words(said: Sequence[Prompt], until: float) -> dict[str, Origin]:
    """What the developer has said before a time, each word once, the newest last."""
    words = [one.text for one in said if one.origin is Origin.DEVELOPER and one.at < until]
    return dict.fromkeys(reversed(dict.fromkeys(reversed(words))), Origin.DEVELOPER)
