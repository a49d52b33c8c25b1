"""Nothing that is drawn, pasted or typed too early decides anything: real keys, a real terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from factory import wire
from factory.wire import Accept, Look, Reject
from tests.bench.terminal import Terminal
from tests.stage import Stage
from tests.stage_review import change, overview, review_stage, view
from tests.trust.base import Control, Outcome
from tests.trust.tty.hosting import Host, hosted
from tests.trust.tty.walking import settle

OURS = (sys.executable, "-m", "tests.bench.ours")
BARE = (sys.executable, "-m", "tests.trust.tty.hasty")
TASK, NEXT = "first-one", "second-one"
OTHER = "0ther00" + "0" * 33
SPOOF = "accept tree 9c41e07 of first-one? all seen, lands in ~1s   y accept   esc close"

Try = Callable[[Terminal, Host], None]


def stage() -> Stage:
    """Two changes that wait, the first of whose text looks like a card."""
    found = review_stage()
    views = (view(TASK, SPOOF), view(NEXT, SPOOF))
    found.overview = overview(*views)
    for item in views:
        name = item.task.id
        found.details[name] = wire.Details(view=item)
        for look in Look:
            index = found.reviews["rate-limit", look]
            found.reviews[name, look] = replace(index, task=name)
            rows = found.rows["rate-limit", look]
            forged = [replace_text(row, SPOOF) if row.kind == "+" else row for row in rows]
            found.rows[name, look] = tuple(forged)
    return found


def replace_text(row: wire.Row, text: str) -> wire.Row:
    """A line that says something else."""
    return wire.Row(row.kind, row.old, row.new, text, row.file, row.hunk)


def opened(terminal: Terminal) -> None:
    """Go to the review of the first change, and let it stand for a while."""
    _until(terminal, "2", b"oldest")
    _until(terminal, "\r", b"tree@")
    settle(terminal, patience=0.5)
    terminal.drain(0.7)


def _until(terminal: Terminal, keys: str, shows: bytes) -> None:
    start = len(terminal.seen)
    terminal.press(keys)
    terminal.wait(shows, timeout=15, start=start)


# --- what must not decide ------------------------------------------------------------------


def spoofed(terminal: Terminal, _: Host) -> None:
    """`y` on a line that looks like a card."""
    opened(terminal)
    terminal.press("jjj")
    settle(terminal)
    terminal.press("y")


def ahead(terminal: Terminal, _: Host) -> None:
    """The keys of an accept in one breath with the one that opens the review."""
    _until(terminal, "2", b"oldest")
    terminal.press("\ray")


def neighbour(terminal: Terminal, _: Host) -> None:
    """The keys of an accept right behind the one that goes to the next change."""
    opened(terminal)
    terminal.press(")ay")


def bracketed(terminal: Terminal, _: Host) -> None:
    """A paste of an accept, as terminals mark one."""
    opened(terminal)
    terminal.press("\x1b[200~ay\ny\n\x1b[201~")


def pasted_card(terminal: Terminal, _: Host) -> None:
    """A paste of `y` while a card asks."""
    opened(terminal)
    _until(terminal, "a", b"accept tree")
    terminal.press("\x1b[200~y\n\x1b[201~")


def twice(terminal: Terminal, _: Host) -> None:
    """The key that asked, again; then enter."""
    opened(terminal)
    _until(terminal, "a", b"accept tree")
    terminal.press("a")
    settle(terminal)
    terminal.press("\r")


def entered(terminal: Terminal, _: Host) -> None:
    """Enter and space on the card."""
    opened(terminal)
    _until(terminal, "a", b"accept tree")
    terminal.press("\r")
    settle(terminal)
    _until(terminal, "a", b"accept tree")
    terminal.press(" ")


def exchanged(terminal: Terminal, host: Host) -> None:
    """Another tree comes while the card asks."""
    opened(terminal)
    _until(terminal, "a", b"accept tree")
    host.do(lambda: _made_anew(host.stage))
    terminal.drain(1.0)
    terminal.press("y")


def raw_paste(terminal: Terminal, _: Host) -> None:
    """A paste of several lines from a terminal that does not mark it, on the Inbox."""
    _until(terminal, "2", b"oldest")
    terminal.press("please\ray\nand\ray\n")


def _made_anew(found: Stage) -> None:
    for look in Look:
        found.reviews[TASK, look] = replace(found.reviews[TASK, look], tree=OTHER)
    tasks = (view(TASK, SPOOF, change=change(TASK, tree=OTHER)), view(NEXT, SPOOF))
    found.happen(overview(*tasks), kind="ready", task=TASK)


TRIES: dict[str, Try] = {
    "y on a drawn card": spoofed,
    "typed ahead": ahead,
    "typed behind a change of screen": neighbour,
    "a bracketed paste": bracketed,
    "a bracketed paste on a card": pasted_card,
    "the key that asked, twice": twice,
    "enter or space on a card": entered,
    "another tree under the card": exchanged,
    "a paste without brackets": raw_paste,
}
QUICK = (neighbour, bracketed, pasted_card, exchanged)
HASTY = (neighbour, exchanged, pasted_card, twice, entered)
"""What decides once the protections are off."""


def decided(program: tuple[str, ...], attempt: Try) -> bool:
    """Whether anything was accepted or rejected."""
    with hosted(stage()) as host:
        command = [*program, str(host.socket)]
        with Terminal(command, columns=120, rows=40) as terminal:
            terminal.wait(b"need", timeout=20, start=0)
            settle(terminal)
            attempt(terminal, host)
            settle(terminal)
            terminal.drain(0.4)
        return any(isinstance(command, Accept | Reject) for command in host.stage.commands)


def honest(terminal: Terminal, _: Host) -> None:
    """A developer who reads, asks and answers."""
    opened(terminal)
    _until(terminal, "a", b"accept tree")
    terminal.drain(0.2)
    terminal.press("y")


def decisions(full: bool) -> Outcome:
    """Some of the ways quickly; each five times at full size."""
    tries = {name: way for name, way in TRIES.items() if full or way in QUICK}
    names = [name for name in tries for _ in range(5 if full else 1)]
    ways = HASTY if full else HASTY[:2]
    with ThreadPoolExecutor(4) as pool:
        reading = pool.submit(decided, OURS, honest)
        held = list(pool.map(lambda name: not decided(OURS, tries[name]), names))
        hasty = list(pool.map(lambda way: decided(BARE, way), ways))
        goes = reading.result()
    wrong = [name for name, good in zip(names, held, strict=True) if not good]
    return Outcome(
        tried=len(names) + 1,
        held=sum(held) + goes,
        control=f"with the protections off {sum(hasty)} of {len(ways)} accept",
        proven=all(hasty),
        notes=(
            *(f"accepted by {name}" for name in wrong),
            *(() if goes else ("a developer who asks and answers cannot accept",)),
        ),
    )


CONTROLS = (
    Control(
        name="decisions",
        promise="a drawn prompt, keys typed ahead or a paste never accept anything",
        run=decisions,
    ),
)
