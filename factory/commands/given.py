"""Changes that no agent makes: a revert, an adopted file. They begin with their gate."""

from __future__ import annotations

from msgspec.structs import replace

from factory.commands.queue import fresh_id, last
from factory.config import FILE
from factory.model import FactoryError, Handoff, NotNowError, Task, TaskState
from factory.parting import Parting, begun
from factory.shop import Shop
from factory.wire import Adopt


class Given:
    """Makes tasks whose only snapshot is there from the beginning.

    The commits need git and are made first; the tasks are rows, made in the command's transaction.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def revert(self, name: str) -> str:
        """A commit on the landed one that holds what was there before it."""
        task = self._shop.store.tasks.get(name)
        if task.state is not TaskState.LANDED:
            raise NotNowError(f"{name} is {task.state}; only a landed task can be undone")
        landed = await self._shop.vault.objects.commit(task.landed)
        before = await self._shop.vault.tree_of(landed.parents[0])
        return await self._shop.vault.commit(before, task.landed, f"revert {task.id}")

    async def with_file(self, path: str, text: str) -> str:
        """A commit on the tip that adds or replaces factory.toml."""
        if path != FILE:
            raise FactoryError(f"only {FILE} can be adopted, not {path!r}")
        tip = await self._shop.refresh()
        tree = await self._shop.vault.with_file(tip.tree, path, text.encode())
        return await self._shop.vault.commit(tree, tip.commit, f"add {path}")

    def undo(self, name: str, commit: str) -> tuple[str, ...]:
        """A task that reverts a landed one; names what was built on it."""
        task = self._shop.store.tasks.get(name)
        title = f"Undo: {task.title}"
        undo = self._given(title, base=task.landed, commit=commit, summary=title)
        later = self._built_on(task)
        concerns = (f"later landings touch the same files: {', '.join(later)}",) if later else ()
        handoff = Handoff(summary=title, concerns=concerns)
        self._shop.store.tasks.add(replace(undo, undoes=name, handoff=handoff))
        self._shop.store.journal.say("undo", task=undo.id, text=name)
        return (undo.id,)

    def _built_on(self, task: Task) -> tuple[str, ...]:
        """Tasks that landed after this one and touch the same files."""
        find = self._shop.store.evidence.change
        own = find(task.id)
        files = set(own.files) if own else set()
        found = []
        for other in self._shop.store.tasks.all():
            change = find(other.id) if other.state is TaskState.LANDED else None
            if change and other.changed_at > task.changed_at and files.intersection(change.files):
                found.append(other.id)
        return tuple(found)

    def adopt(self, command: Adopt, commit: str) -> tuple[str, ...]:
        """A task that adds a file."""
        task = self._given(
            command.title, base=self._shop.tip.commit, commit=commit, summary=command.summary
        )
        self._shop.store.tasks.add(task)
        self._shop.store.journal.say("adopted", task=task.id, text=command.path)
        return (task.id,)

    def part(self, parting: Parting) -> tuple[str, ...]:
        """A task that lands a part of a change; the whole waits until it has landed."""
        whole = self._shop.store.tasks.get(parting.of.task)
        left = f"Without {parting.named}, which goes back to {whole.id}."
        task = self._given(
            whole.title, base=parting.of.tip, commit=parting.commit,
            summary=f"{parting.of.handoff.summary}\n\n{left}".strip(),
            name=f"{whole.id[:24]} rest",
        )  # fmt: skip
        begun(self._shop, whole.id, task, parting.part)
        return (task.id,)

    def _given(self, title: str, *, base: str, commit: str, summary: str, name: str = "") -> Task:
        """A task whose only snapshot is made already; it begins with its gate."""
        now = self._shop.now()
        return Task(
            id=fresh_id(self._shop, name or title), title=title, agent="", created_at=now,
            changed_at=now,
            state=TaskState.CHECKING, base=base, given=commit,
            handoff=Handoff(summary=summary),
            position=last(self._shop),
        )  # fmt: skip
