"""Accepting a change without some of it: the tree of what stays, and what becomes of the rest.

The part is a task of its own, made from a commit as an undo is: it begins with its gate and lands
by itself if it is then still the diff that was accepted. The whole goes back to its agent with the
rest when the part has *landed*, in the same transaction: until then it is untouched, and where the
part is red there is nothing to take back.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from factory import lifecycle, remarks, review
from factory.git.comparisons import NO_FILE
from factory.git.edited import Entry, edited, store
from factory.model import Change, GitError, NotNowError, Part, Struct, Task, TaskState
from factory.review.partial import Without, applied, chosen, remainder
from factory.shop import Shop
from factory.standing import concerns
from factory.wire import Accept, AcceptPart

_OPEN = (TaskState.CHECKING, TaskState.READY, TaskState.LANDING)
_GOES_ON = (TaskState.READY, TaskState.PARKED, TaskState.WORKING, TaskState.CHECKING)


class Parting(Struct):
    """A part of a change, ready to be made a task of."""

    of: Change
    commit: str
    part: Part
    named: str
    """What was left out: `2 hunks of src/a.py, b.txt`."""


async def parted(shop: Shop, command: AcceptPart) -> Parting:
    """The commit of a change without what is left out, on the tip that it was shown on.

    Raises NotNowError where that is not the change as it stands, or not a part of it.
    """
    change = bound(shop, command)
    vault = shop.vault
    tip = await vault.tree_of(change.tip)
    raw = await vault.raw(tip, change.tree, renames=True)
    patch = await vault.patch(tip, change.tree, renames=True)
    shown = review.read(raw, patch, {})
    left = chosen(shown, frozenset(command.left_out))
    entries = [entry for one in left for entry in await _entries(shop, one, patch)]
    tree = await edited(vault, change.tree, entries)
    title = shop.store.tasks.get(command.task).title
    commit = await vault.commit(tree, change.tip, f"{title}: a part of it")
    part = Part(
        of=command.task, patch_id=await vault.patch_id(tip, tree), concerns=concerns(change),
        remainder=remainder(patch, left),
    )  # fmt: skip
    if not part.patch_id:
        raise NotNowError("nothing would be left of it; x rejects it, f sends it back")
    return Parting(of=change, commit=commit, part=part, named=_named(left))


def bound(shop: Shop, command: Accept | AcceptPart) -> Change:
    """The green change that a decision means: exactly this snapshot, at exactly this tree."""
    task = shop.store.tasks.get(command.task)
    change = shop.store.evidence.change(command.task)
    if change is None:
        raise NotNowError(f"{command.task} has no change yet")
    shown = (command.snapshot, command.tree, command.tip or change.tip)
    if (change.snapshot, change.tree, change.tip) != shown:
        raise NotNowError(f"{command.task} has changed since you looked; look again")
    if not change.green:
        raise NotNowError(f"{command.task} is not green; only a green change can be accepted")
    refuse_parted(shop, command.task)
    if task.state is not TaskState.READY:
        raise NotNowError(
            f"{task.id} is {task.state} and cannot be accepted: only a ready change can be"
        )
    return change


async def _entries(shop: Shop, without: Without, patch: bytes) -> tuple[Entry, ...]:
    """What the tree shall hold in place of a file of which something is left out."""
    part = without.part
    old = part.old_path or part.path
    if without.whole:
        gone = (Entry(path=part.path, mode=NO_FILE, oid=""),)
        if not part.old_there:
            return gone
        back = Entry(path=old, mode=part.old_mode, oid=part.old_oid)
        return (back,) if old == part.path else (*gone, back)
    before = await shop.vault.objects.blob(part.old_oid)
    if applied(before, patch, part.hunks) != await shop.vault.objects.blob(part.new_oid):
        raise GitError("the diff of a file does not give the file; leave it out whole")
    made = await store(shop.vault, applied(before, patch, without.kept))
    return (Entry(path=part.path, mode=part.new_mode, oid=made),)


def _named(left: Sequence[Without]) -> str:
    names = [one.view.path if one.whole else f"{len(one.left)} of {one.view.path}" for one in left]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")


# --- the whole, while a part of it is under way, and after --------------------------------------


def under_way(shop: Shop, whole: Task) -> str:
    """Id of the task that is to land a part of this one; empty where there is none."""
    found = (one for one in whole.parts if shop.store.tasks.get(one).state in _OPEN)
    return next(found, "")


def refuse_parted(shop: Shop, name: str) -> None:
    """Raise where a part of a task is under way: what then becomes of it is not known yet."""
    part = under_way(shop, shop.store.tasks.get(name))
    if part:
        raise NotNowError(f"{part}, a part of {name}, is to land first; end that, or wait for it")


def landed(shop: Shop, task: Task) -> None:
    """A part has landed: its whole goes back with the rest, once, in this same transaction."""
    if task.part is None:
        return
    whole = shop.store.tasks.get(task.part.of)
    if whole.state not in _GOES_ON or whole.landing:
        return
    agent = shop.agent(whole)
    reads = agent is not None and not agent.script and bool(whole.agent)
    change = shop.store.evidence.change(whole.id)
    told = remarks.send(shop, whole.id, task.part.remainder) if reads else ""
    shop.happen(whole.id, lifecycle.TookOver(feedback=told, again=reads))
    notes = shop.store.answers
    notes.drop_note(left_note(whole.id))
    if change is not None:
        notes.put_note(remarks.decided_note(whole.id), change.tree)


def begun(shop: Shop, whole: str, task: Task, part: Part) -> None:
    """A task for a part that was accepted; its whole knows of it from then on."""
    own = shop.store.tasks.get(whole)
    shop.store.tasks.add(replace(task, part=part, allowed=own.allowed, agent=""))
    shop.amend(whole, parts=(*own.parts, task.id))
    shop.store.journal.say("part", task=task.id, text=whole)


def left_note(task: str) -> str:
    """Name of the note that holds what of a task's change is left out: ids, blank between."""
    return f"left:{task}"


def left_out(shop: Shop, task: str) -> frozenset[str]:
    """Ids of the hunks and marks of the files that are put aside."""
    return frozenset(shop.store.answers.note(left_note(task)).split())
