"""The one registry of actions: which key does what where, and the sentence that help gives.

Bindings, footer, help and palette all read it. A screen implements `action_<id>`. Every binding
has the id `<where>.<id>`, by which the developer's settings file gives it other keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from textual.binding import Binding


class Where(StrEnum):
    """Where a key means something."""

    EVERYWHERE = "everywhere"
    FLOOR = "floor"
    ZOOM = "zoom"
    INBOX = "inbox"
    REVIEW = "review"
    RIVAL = "rival"
    EVIDENCE = "evidence"
    TASKS = "tasks"
    FILE = "file"
    LEDGER = "ledger"
    REPORT = "report"
    PAGE = "page"
    CARD = "card"
    TEXT = "text"


@dataclass(frozen=True)
class Action:
    """One thing that a key does."""

    id: str
    keys: tuple[str, ...]
    name: str
    """A word or two, for footer and palette."""
    help: str
    """One sentence, for the help screen."""
    where: Where


def _table(where: Where, *rows: tuple[str, str, str, str]) -> tuple[Action, ...]:
    return tuple(
        Action(name, tuple(keys.split()), word, sentence, where)
        for name, keys, word, sentence in rows
    )


_EVERYWHERE = _table(
    Where.EVERYWHERE,
    ("show_floor", "1", "Floor", "Go to the Floor: the agents at work."),
    ("show_inbox", "2", "Inbox", "Go to the Inbox: changes that wait for your review."),
    ("show_tasks", "3", "Tasks", "Go to the Tasks: the queue, and what is done."),
    ("show_ledger", "4", "Ledger", "Go to the Ledger and history: money, tokens, facts."),
    ("show_report", "0", "Report", "Go to the Report: what happened while you were away."),
    ("next_waiting", "!", "needs you", "Go to the next task that needs you."),
    ("left", "h left", "left", "Move left."),
    ("down", "j down", "down", "Move down."),
    ("up", "k up", "up", "Move up."),
    ("right", "l right", "right", "Move right."),
    ("first", "g home", "first", "Go to the beginning."),
    ("last", "G end", "last", "Go to the end."),
    ("half_down", "ctrl+d pagedown", "half down", "Move half a page down."),
    ("half_up", "ctrl+u pageup", "half up", "Move half a page up."),
    ("panel", "tab", "panel", "Go to the next panel."),
    ("open", "enter", "open", "Open what is under the cursor."),
    ("back", "q escape", "back", "Go back."),
    ("find", "/", "find", "Find in what is shown; esc ends it and takes the marks away."),
    ("commands", ": ctrl+p", "commands", "Find any command by its name."),
    ("keys", "?", "keys", "Show the keys that work here."),
    ("copy", "y", "copy", "Copy what is under the cursor to the clipboard."),
    ("undo", "u", "undo", "Undo your last act."),
)

_HITS = (
    ("next_hit", "n", "next hit", "Go to the next line with the words that `/` found."),
    ("previous_hit", "N", "previous hit", "Go to the line before with the words of `/`."),
)
"""Where lines are read, and `n` makes nothing new."""

_FLOOR = _table(
    Where.FLOOR,
    ("open", "enter", "open", "Zoom in, review or answer: what this task is waiting for."),
    ("new_tasks", "n", "new", "Write new tasks; each line is a task."),
    ("edit_tasks", "N", "editor", "Write new tasks in your editor; `##` starts a task."),
    ("say", "s", "say", "Say something to the agent, or answer its question."),
    ("pause", "p", "pause", "Pause the agent between turns, or let it go on."),
    ("evidence", "b", "guardrails", "Show the guardrails of this task and what they found."),
    ("editor", "e", "edit", "Open the worktree in your editor."),
    ("shell", "t", "shell", "Open a shell in the worktree's sandbox."),
    ("budget", "+", "budget", "Raise this task's budget."),
    ("again", "A", "again", "Start another, independent attempt at this task."),
    ("hand", "H", "hand over", "Give this task to another agent, with its files as they are."),
    ("panel", "tab", "next agent", "Go to the next agent; from the last to the first."),
    ("layout", "|", "list", "Change between panes and list."),
    ("end", "x", "end", "End this task for good; its work is kept."),
    ("leave", "q", "leave", "Leave the screen; the agents go on."),
    ("back", "escape", "stay", "Say that nothing lies before the Floor; `q` leaves."),
)

_ZOOM = _table(
    Where.ZOOM,
    ("open", "enter", "review", "Review its change, or answer its question."),
    ("previous_agent", "(", "previous", "Go to the previous agent."),
    ("next_agent", ")", "next", "Go to the next agent."),
    ("previous_turn", "[", "turn up", "Go to the turn before."),
    ("next_turn", "]", "turn down", "Go to the turn after."),
    ("live_diff", "d", "diff", "Show what its agent has changed in the worktree so far."),
    ("last", "G end", "follow", "Go to the end and follow the agent."),
    ("copy", "y", "copy", "Copy the whole transcript to the clipboard."),
    ("back", "q escape", "back", "Go back to the Floor."),
)

_INBOX = _table(
    Where.INBOX,
    ("open", "enter", "review", "Review this change."),
    ("evidence", "b", "evidence", "Show the guardrails of this change and what they found."),
    ("mark", "space", "mark", "Mark this item, to accept several together."),
    ("accept", "a", "accept", "Accept the marked items, or this one, once all of each was seen."),
    ("later", "z", "later", "Put this aside, or take it up again; made anew, it comes back."),
    ("again", "A", "again", "Start another, independent attempt at this task."),
    ("order", "o", "order", "Change between the suggested order and the oldest first."),
)

_REVIEW = _table(
    Where.REVIEW,
    ("next_hunk", "] J", "next hunk", "Go to the next hunk."),
    ("previous_hunk", "[ K", "previous hunk", "Go to the hunk before."),
    ("next_file", "}", "next file", "Go to the next file."),
    ("previous_file", "{", "previous file", "Go to the file before."),
    *_HITS,
    ("file_by_name", "p", "file", "Go to a file by typing a part of its name."),
    ("find_in_files", "F", "all files", "Find words in all files of the candidate."),
    ("next_change", ")", "next change", "Go to the next change."),
    ("previous_change", "(", "previous change", "Go to the change before."),
    ("read_on", "space", "read on", "A page on; a hunk shown to its end is marked seen."),
    ("seen", "r", "seen", "Mark the hunk seen, or not seen."),
    ("comment", "m", "comment", "Comment on the line or the selected range."),
    ("range", "v", "range", "Start or end a range of lines."),
    ("comment_file", "C", "on file", "Comment on the file."),
    ("comment_change", "M", "on change", "Comment on the change as a whole."),
    ("summary", "i", "summary", "Show what the change is about, on one page."),
    ("context", "enter", "context", "Show more lines around."),
    ("why", "o", "why", "Show why this line is there: the words and the call that wrote it."),
    ("delta", "d", "since last", "Show only what changed since you last looked."),
    ("wrap", "w", "wrap", "Wrap long lines, or not."),
    ("split", "|", "split", "Show old and new side by side, or one below the other."),
    ("blanks", "W", "white space", "Show signs for spaces and tabs, or not."),
    ("evidence", "b", "evidence", "Show the guardrails of this change and what they found."),
    ("editor", "e", "edit", "Open the worktree in your editor."),
    ("shell", "t", "shell", "Open a shell in the worktree's sandbox."),
    ("leave_out", "-", "leave out", "Leave the hunk, or on a heading the file, out of an accept."),
    ("later", "z", "later", "Put this aside, or take it up again; made anew, it comes back."),
    ("rival", "=", "other attempt", "Show another attempt at the same beside this one."),
    ("feedback", "f", "feedback", "Send your comments back to the agent."),
    ("accept", "a", "accept", "Accept the change as shown, or the rest of what is left out."),
    ("reject", "x", "reject", "Reject the change; its work is kept."),
)

_RIVAL = _table(
    Where.RIVAL,
    ("next_hunk", "]", "next hunk", "Go to the next hunk."),
    ("previous_hunk", "[", "previous hunk", "Go to the hunk before."),
    ("next_file", "}", "next file", "Go to the next file."),
    ("previous_file", "{", "previous file", "Go to the file before."),
    ("context", "enter", "context", "Show more lines around."),
    ("wrap", "w", "wrap", "Wrap long lines, or not."),
    ("keep", "K", "keep", "Keep this attempt and give the other one up; its work is kept."),
    ("rival", "=", "review", "Go back to the review of this attempt."),
)

_EVIDENCE = _table(
    Where.EVIDENCE,
    ("open", "enter", "log", "Open the log, or go to the `path:line` in it."),
    ("rerun", "R", "run again", "Run this guardrail again; both runs stay visible."),
    ("commands_run", "c", "commands", "Show what the agent ran, and what bears out its claims."),
    ("compare", "o", "old, new", "Show tests and findings by name, held against the tip."),
    ("waive", "W", "waive", "Let this verdict not count for this tree, with a reason."),
    *_HITS,
)

_FILE = _table(
    Where.FILE,
    ("editor", "e enter", "edit", "Open the worktree in your editor, at this line."),
    ("shell", "t", "shell", "Open a shell in the worktree's sandbox."),
    *_HITS,
)

_TASKS = _table(
    Where.TASKS,
    ("open", "enter", "edit", "Edit this task."),
    ("new_tasks", "n", "new", "Write new tasks; each line is a task."),
    ("edit_tasks", "N", "editor", "Write new tasks in your editor; `##` starts a task."),
    ("budget", "+", "budget", "Raise this task's budget."),
    ("earlier", "<", "earlier", "Move this task up in the queue."),
    ("later", ">", "later", "Move this task down in the queue."),
    ("hold", "p", "hold", "Hold this task back, or let it go."),
    ("remove", "x", "remove", "Remove this task; its work is kept."),
)

_LEDGER = _table(
    Where.LEDGER,
    ("open", "enter", "open", "Open the task under the cursor."),
)

_REPORT = _table(
    Where.REPORT,
    ("open", "enter", "open", "Open the task under the cursor."),
    ("undo_landing", "u", "undo", "Undo this landing, or your last act."),
)

_PAGE = _table(
    Where.PAGE,
    ("open", "enter", "open", "Go where the line leads, or say that it leads nowhere."),
)

_CARD = _table(
    Where.CARD,
    ("go", "y", "yes", "Do it. Any other key closes the card."),
)

_TEXT = _table(
    Where.TEXT,
    ("send", "enter", "send", "Send the text."),
    ("newline", "ctrl+j", "newline", "Begin a new line."),
    ("external", "ctrl+g", "editor", "Go on in your editor."),
    ("ready_made", "ctrl+r", "remarks", "Put a ready-made remark, or one of your own, in."),
    ("put_away", "escape", "close", "Close; the draft is kept."),
)

REGISTRY: tuple[Action, ...] = (
    *_EVERYWHERE, *_FLOOR, *_ZOOM, *_INBOX, *_REVIEW, *_RIVAL, *_EVIDENCE, *_FILE, *_TASKS,
    *_LEDGER, *_REPORT, *_PAGE, *_CARD, *_TEXT,
)  # fmt: skip

_ALSO = {Where.ZOOM: (Where.FLOOR,), Where.CARD: None, Where.TEXT: None}
"""Whose keys work too, before those of everywhere; None for a place with its own keys only."""
_ASIDE = frozenset(("left", "right"))
_PANEL = frozenset(("panel",))
_WITHOUT: dict[Where, frozenset[str]] = {
    Where.ZOOM: _ASIDE | _PANEL | {"layout", "leave"},
    Where.INBOX: _ASIDE | _PANEL,
    Where.EVIDENCE: _PANEL,
    Where.TASKS: _ASIDE | _PANEL,
    Where.FILE: _PANEL,
    Where.LEDGER: _ASIDE,
    Where.REPORT: _ASIDE | _PANEL,
    Where.PAGE: _ASIDE | _PANEL,
}
"""Actions that others have and that mean nothing here: one list has no side and no next panel."""


def actions(where: Where) -> tuple[Action, ...]:
    """All actions that keys reach at a place, its own first; each key is there once."""
    own = [action for action in REGISTRY if action.where is where]
    borrowed = _ALSO.get(where, ())
    if borrowed is None or where is Where.EVERYWHERE:
        return tuple(own)
    without = _WITHOUT.get(where, frozenset())
    also = [a for a in REGISTRY if a.where in (*borrowed, Where.EVERYWHERE) and a.id not in without]
    also.sort(key=lambda action: action.where is Where.EVERYWHERE)
    found: list[Action] = []
    taken: set[str] = set()
    for action in (*own, *also):
        free = tuple(key for key in action.keys if key not in taken)
        taken.update(free)
        if free:
            found.append(replace(action, keys=free))
    return tuple(found)


def bindings(where: Where) -> list[Binding]:
    """The Textual bindings of a place; `BINDINGS = bindings(Where.FLOOR)` is all a screen needs."""
    from textual.binding import Binding  # a status line names keys too, without a screen

    return [
        Binding(
            ",".join(action.keys),
            action.id,
            action.name,
            id=f"{action.where}.{action.id}",
            tooltip=action.help,
            priority=where is Where.TEXT,  # a box would take the key as text before
        )
        for action in actions(where)
    ]


def shown(key: str) -> str:
    """A key as the developer reads it: `enter`, `^d`, `!`."""
    return _SHOWN.get(key, f"^{key.removeprefix('ctrl+')}" if key.startswith("ctrl+") else key)


_SHOWN = {"escape": "esc", "pagedown": "pgdn", "pageup": "pgup"}


NONE: Mapping[str, str] = {}
"""The keys of who has changed none."""


class Mapped(Protocol):
    """Who knows the developer's own keys: the application."""

    keymap: Mapping[str, str]


def own_key(name: str, keymap: Mapping[str, str]) -> str:
    """The key of an action as a sentence names it: `own_key("everywhere.undo", …)` is `u`.

    Raises KeyError for a name that no action has.
    """
    key = own_keys(_NAMED[name], keymap).keys[0]
    return _SHOWN.get(key, key)


_NAMED = {f"{action.where}.{action.id}": action for action in REGISTRY}


def remapped(keymap: Mapping[str, str]) -> tuple[Action, ...]:
    """The registry with the developer's own keys (`{"floor.say": "S"}`) in it."""
    return tuple(own_keys(action, keymap) for action in REGISTRY)


def mistakes(keymap: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with the developer's own keys, a sentence each: unknown names, clashes."""
    known = {f"{action.where}.{action.id}" for action in REGISTRY}
    found = [f"{name} is not an action; `?` lists them" for name in keymap if name not in known]
    for where in Where:
        found.extend(_clashes(action for action in remapped(keymap) if action.where is where))
    usual = {(one, other) for one, other, _ in _shared(REGISTRY)}
    found += [
        f"{one} takes the key {key} from {other}"
        for one, other, key in _shared(remapped(keymap))
        if (one, other) not in usual
    ]
    return tuple(found)


def _shared(registry: Iterable[Action]) -> Iterable[tuple[str, str, str]]:
    """An action of a place, one that works there too but stands behind it, and their key."""
    placed = list(registry)
    for above in placed:
        borrowed = _ALSO.get(above.where, ())
        if borrowed is None or above.where is Where.EVERYWHERE:
            continue
        for below in placed:
            if below.where in (*borrowed, Where.EVERYWHERE):
                one, other = f"{above.where}.{above.id}", f"{below.where}.{below.id}"
                yield from ((one, other, key) for key in above.keys if key in below.keys)


def _clashes(placed: Iterable[Action]) -> Iterable[str]:
    holders: dict[str, str] = {}
    for action in placed:
        for key in action.keys:
            name = f"{action.where}.{action.id}"
            if key in holders:
                yield f"{name} and {holders[key]} both want the key {key}"
            holders[key] = name


def own_keys(action: Action, keymap: Mapping[str, str]) -> Action:
    """The action with the developer's own keys, where there are any."""
    keys = keymap.get(f"{action.where}.{action.id}")
    if keys is None:
        return action
    return replace(action, keys=tuple(key.strip() for key in keys.split(",")))
