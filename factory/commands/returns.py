"""Taking decisions back: an accept before its push, feedback, a reject."""

from __future__ import annotations

from factory import lifecycle, remarks
from factory.model import NotNowError, Task, TaskState
from factory.shop import Shop

_WITHDRAWN = (
    "The developer has taken back what you were told last, and your files were put back to how "
    "they were before it. Forget it, and do not do it again."
)


class Returns:
    """Puts a task back to how it stood before the newest decision on it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def tree(self, name: str) -> str:
        """What the worktree must hold once feedback is taken back; empty where it stays as it is.

        Raises NotNowError where it is too late.
        """
        task = self._shop.store.tasks.get(name)
        if why := _too_late(task):
            raise NotNowError(why)
        change = self._shop.store.evidence.change(name)
        if change is None or task.before is None or not task.before.told:
            return ""
        return await self._shop.vault.tree_of(change.snapshot)

    def take_back(self, name: str, tree: str) -> tuple[str, ...]:
        """Take the newest decision on a task back. Raises NotNowError where it is too late."""
        task = self._shop.store.tasks.get(name)
        if why := _too_late(task):
            raise NotNowError(why)
        agent, before = self._shop.agent(task), task.before
        note = "" if agent is None or agent.script else _WITHDRAWN
        self._shop.happen(name, lifecycle.TakenBack(tree=tree, note=note))
        if task.state is TaskState.LANDING:
            return (name,)
        if before is not None and before.told:
            remarks.unsend(self._shop, name, before.comments)
            self._shop.store.answers.put_note(remarks.decided_note(name), before.looked)
        return (name,)


def _too_late(task: Task) -> str:
    """Why the newest decision stays; empty where it can be taken back."""
    before = task.before
    match task.state:
        case TaskState.LANDED:
            return f"{task.id} has landed; undo reverts it, by a change of its own"
        case TaskState.LANDING if task.landing and not task.waiting:
            return f"the push of {task.id} is under way; once it has landed, undo reverts it"
        case TaskState.LANDING:
            return ""
        case TaskState.READY:
            return f"{task.id} is ready again; there is no decision on it to take back"
        case TaskState.CHECKING:
            return f"{task.id} is being checked; that came too late, look at it when it is ready"
        case _ if before is None:
            return f"there is no decision on {task.id} that can be taken back"
        case TaskState.WORKING | TaskState.PARKED if task.snapshot != before.snapshot:
            return f"the agent of {task.id} has answered; look at what it made of it"
        case _:
            return ""
