"""Foreign text on a real terminal: every payload in every place that shows what others say."""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from textual.content import Content

from factory.entry import Delta, Output, Prompt, Question, ToolResult
from factory.model import Struct
from tests.bench.terminal import Terminal
from tests.developer import Developer
from tests.shell import Shell
from tests.stage import Stage
from tests.trust.base import Control, Outcome
from tests.trust.tty import watched
from tests.trust.tty.hostile import READY, Voices, fill
from tests.trust.tty.hosting import Host, hosted
from tests.trust.tty.walking import paste, settle, walk
from tests.tui.payloads import FORBIDDEN, MARKUP, PAYLOADS
from tui import text
from tui.lines import Script, told

PLAIN = tuple(f"harmless {number}" for number in range(len(PAYLOADS)))
OURS = (sys.executable, "-m", "tests.bench.ours")
BARE = (sys.executable, "-m", "tests.trust.tty.bare")
FUZZED_QUICKLY, FUZZED = 3_000, 100_000

COMMANDS = (
    ("status", "--json"), ("show", READY), ("show", READY, "--evidence"), ("report",), ("log",),
    ("status",), ("status", "--all"), ("show", READY, "--json"), ("report", "--json"),
    ("log", "--json"), ("status", "--short"), ("status", "--plain"), ("show", READY, "--diff"),
    ("show", READY, "--log", "run-1"), ("show", READY, "--plain"),
)  # fmt: skip
SHOWING = COMMANDS[:4]
"""Those that between them show all that a screen does not; the others are asked seldom."""
SELDOM = range(1, 3)
_MARKED = re.compile(r"\bq[a-z]{2} ")
"""Something foreign has been said; `status --short` says figures alone."""


class Session(Struct):
    """What one client wrote through all rounds."""

    rounds: tuple[tuple[str, bytes], ...]
    """A payload of each, and what was written in it."""
    tokens: frozenset[str]
    places: frozenset[str]
    """What says something."""
    shown: frozenset[str]
    """Of them, those that stood on a screen."""
    markup: int
    """Payloads of markup that stood on a screen as they are."""
    code: int | None

    def leaks(self, own: frozenset[str]) -> list[str]:
        """What got through that is in no session in which nobody said anything odd."""
        found = []
        for payload, written in self.rounds:
            found += [f"{payload!r} …: {what}" for what in watched.foreign(written, set(own))]
        return found


def played(program: Sequence[str], payloads: Sequence[str], rounds: Sequence[int]) -> Session:
    """A client that walks through all screens in each round."""
    stage, say = Stage(), Voices(payloads)
    fill(stage, say)
    written: list[tuple[str, bytes]] = []
    with hosted(stage) as host, _terminal(program, host) as terminal:
        terminal.wait(b"needs your eyes", timeout=20, start=0)
        for turn in rounds:
            start = len(terminal.seen)
            say.turn = turn
            host.do(lambda: fill(stage, say))
            settle(terminal)
            walk(terminal)
            _paste(terminal, payloads, turn)
            written.append((payloads[turn % len(payloads)], bytes(terminal.seen[start:])))
        code = _ended(terminal)
        seen = bytes(terminal.seen)
    return Session(
        rounds=tuple(written),
        tokens=frozenset(watched.tokens(seen)),
        places=frozenset(say.places),
        shown=say.heard(seen.decode("utf-8", "replace")),
        markup=sum(payload.encode() in seen for payload in MARKUP),
        code=code,
    )


def _terminal(program: Sequence[str], host: Host) -> Terminal:
    return Terminal([*program, str(host.socket)], columns=200, rows=60)


def _ended(terminal: Terminal) -> int | None:
    """The exit code after `q` on the Floor; what still lies over it is closed first."""
    for _ in range(3):
        for key in ("\x1b", "1", "q"):
            terminal.press(key)
            settle(terminal, patience=0.5)
        if (code := terminal.ended()) is not None:
            return code
    return None


def _paste(terminal: Terminal, payloads: Sequence[str], turn: int) -> None:
    terminal.press("n")
    settle(terminal, patience=0.5)
    for number in range(3):
        pasted = payloads[(turn * 3 + number) % len(payloads)]
        paste(terminal, pasted.encode("utf-8", "replace").decode())
        settle(terminal, patience=0.3)
    terminal.press("\x1b")
    settle(terminal, patience=0.5)


# --- the command line ----------------------------------------------------------------------


class Printed(Struct):
    """What commands printed at a terminal without colours."""

    wrong: tuple[str, ...]
    """What a terminal would have obeyed, and what did not come."""
    shown: frozenset[str]
    """Places that stood in it."""


def printed(rounds: Sequence[int]) -> Printed:
    """What is printed in each round, by every command at a terminal of its own."""
    found: list[str] = []
    shown: frozenset[str] = frozenset()
    with _repository() as developer, _hosted_there(developer) as (host, say):
        shell = Shell(developer.path)
        for turn in rounds:
            say.turn = turn
            host.do(lambda: fill(host.stage, say))
            for words in COMMANDS if turn in SELDOM else SHOWING:
                out = shell.at_terminal(*words, env={"NO_COLOR": "1"}).out.replace("\r\n", "\n")
                if "Traceback" in out or ("--short" not in words and not _MARKED.search(out)):
                    found.append(f"{' '.join(words)}: {out[-200:]!r}")
                odd = sorted(set(FORBIDDEN.findall(out.replace("\n", "").replace("\t", ""))))
                found += [f"{' '.join(words)}: {what!r}" for what in odd]
                shown |= say.heard(out)
    return Printed(wrong=tuple(found), shown=shown)


@contextmanager
def _hosted_there(developer: Developer) -> Iterator[tuple[Host, Voices]]:
    say = Voices(PAYLOADS)
    stage = Stage()
    fill(stage, say)
    socket = developer.place.socket
    socket.parent.mkdir(parents=True, exist_ok=True)
    with hosted(stage, socket) as host:
        yield host, say


@contextmanager
def _repository() -> Iterator[Developer]:
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    with mock.patch.dict(os.environ, {"FACTORY_TUI_HOME": str(folder / "state")}):
        yield Developer(folder / "project")
    shutil.rmtree(folder, ignore_errors=True)


# --- any text at all -----------------------------------------------------------------------


def fuzzed(count: int) -> list[str]:
    """Random strings that came out obeyed, changed as markup, or as a crash."""
    chance = random.Random(7)
    wrong: list[str] = []
    for _ in range(count):
        said = _random(chance)
        try:
            if problem := _problem(said):
                wrong.append(f"{said!r}: {problem}")
        except Exception as error:
            wrong.append(f"{said!r}: {error!r}")
    return wrong


def _random(chance: random.Random) -> str:
    parts = []
    for _ in range(chance.randrange(1, 6)):
        match chance.randrange(4):
            case 0:
                parts.append(chance.choice(PAYLOADS))
            case 1:
                payload = chance.choice(PAYLOADS)
                parts.append(payload[: chance.randrange(len(payload) + 1)])
            case 2:
                parts.append("".join(chr(chance.randrange(0x2100)) for _ in range(8)))
            case _:
                parts.append("".join(chr(chance.randrange(0x110000)) for _ in range(4)))
    return "".join(parts)


def _problem(said: str) -> str:
    for cleaned in (text.clean(said), text.clean(said, exact=True), text.line(said)):
        if FORBIDDEN.search(cleaned):
            return "obeyed"
        if Content(cleaned).plain != cleaned or text.content(cleaned).plain != text.line(cleaned):
            return "read as markup"
    rows = text.wrap(text.clean(said), 30)
    entries = (Prompt(text=said), ToolResult(text=said), Question(text=said))
    lines = Script().read([Delta(text=said), Output(text=said)]).lines
    lines += [row for entry in entries for row in told(entry, whole=True)]
    if any(FORBIDDEN.search(row) for row in (*rows, *(row.text for row in lines))):
        return "obeyed in a pane"
    return ""


# --- the trial -----------------------------------------------------------------------------


def terminal(full: bool) -> Outcome:
    """Every payload in every place at full size; some in every place quickly."""
    rounds = range(len(PAYLOADS) // 2 + 1) if full else range(1)
    with ThreadPoolExecutor(4) as pool:  # all of them mostly wait
        asked = pool.submit(played, OURS, PLAIN, range(1))
        odd = pool.submit(played, OURS, PAYLOADS, rounds)
        uncleaned = pool.submit(played, BARE, PAYLOADS, range(1))
        console = pool.submit(printed, rounds)
        plain, found, bare = asked.result(), odd.result(), uncleaned.result()
        said = console.result()
    leaks, through = found.leaks(plain.tokens), bare.leaks(plain.tokens)
    strings = FUZZED if full else FUZZED_QUICKLY
    crashes = fuzzed(strings)
    shown, missing = found.shown | said.shown, found.places - found.shown - said.shown
    tried = len(shown) * len(rounds) * 2
    notes = [f"got through: {leak}" for leak in leaks]
    notes += [f"printed: {what}" for what in said.wrong]
    notes += [f"fuzzed: {what}" for what in crashes[:9]]
    notes += [] if found.code == 0 else [f"the screen ended with {found.code}"]
    whole = found.markup == len(MARKUP) or not full
    notes += [] if whole else [f"only {found.markup} of {len(MARKUP)} markups are shown verbatim"]
    notes += [f"on no terminal: {', '.join(sorted(missing))}"] if missing else []
    bad = len(leaks) + len(said.wrong) + len(crashes) + (found.code != 0) + (not whole)
    bad += len(missing) if full else 0  # a walk of one round may miss one on a busy machine
    return Outcome(
        tried=tried,
        held=max(0, tried - bad),
        control=f"uncleaned, {len(through)} kinds of foreign bytes get through in one round",
        proven=len(through) > 20 and len(found.shown) >= 50,
        notes=tuple(notes),
        figures=(
            ("payloads", len(PAYLOADS)),
            ("places", len(shown)),
            ("of them on the screen", len(found.shown)),
            ("commands", len(COMMANDS if full else SHOWING)),
            ("fuzzed strings", strings),
        ),
    )


CONTROLS = (
    Control(
        name="terminal",
        promise="no byte of foreign text reaches the terminal as a control sequence, or is read "
        "as markup",
        run=terminal,
    ),
)
