"""Pages of words as sentences: why a line is there, what was run, tests old against new. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from factory.wire import Compared, Deeds, RanCommand, Trace, Weighed, Why
from tui.text import ago, clean, line, plural, took, wrap

_MOST = 500
"""Names of one kind that are listed."""
_MORE = 8
"""Further lines of a command that are shown."""
_MUTED = "$text-muted"
_HEAD = "bold"


class Sentence(NamedTuple):
    """One sentence or line of a page before it is wrapped; its text is clean."""

    text: str = ""
    style: str = ""
    indent: int = 1
    path: str = ""
    """The file that `enter` on it leads to."""


class Row(NamedTuple):
    """One line of a page as it stands there."""

    text: str
    style: str
    path: str


def rows(sentences: list[Sentence], width: int) -> list[Row]:
    """The sentences in lines of at most `width` cells; what is wrapped keeps its indent."""
    found = []
    for sentence in sentences:
        space = " " * sentence.indent
        room = max(width - sentence.indent - 1, 8)
        for part in wrap(sentence.text, room) or [""]:
            found.append(Row(space + part if part else "", sentence.style, sentence.path))
    return found


def why(found: Why, *, new: bool, now: float) -> list[Sentence]:
    """Why a line is there, or is gone."""
    if found.trace is Trace.NONE:
        return list(_unknown(found))
    told = [Sentence(_TRACES[found.trace, new], _HEAD), *_call(found, now)]
    if found.said:
        since = f", in turn {found.said_turn}" if found.said_turn != found.turn else ""
        told += [Sentence(), Sentence(f"what the agent said before that{since}", _HEAD)]
        told += _words(found.said)
    elif found.turn:
        told += [Sentence(), Sentence("the agent said nothing before that call", _MUTED)]
    if found.thought:
        told += [Sentence(), Sentence("what it thought", _HEAD), *_words(found.thought, _MUTED)]
    if found.asked and found.turn:
        asked = f"what it had been told last, by {_WHO.get(found.asked_by, found.asked_by)}"
        told += [Sentence(), Sentence(asked, _HEAD), *_words(found.asked, _MUTED)]
    if found.earlier:
        calls = plural(found.earlier, "earlier call")
        told += [Sentence(), Sentence(f"{calls} had to do with the same line", _MUTED)]
    return told


_WHO = {"task": "the task", "developer": "you", "engine": "the factory", "conflict": "a conflict"}
_TRACES = {
    (Trace.WRITTEN, True): "this call wrote it",
    (Trace.WRITTEN, False): "this call took it out",
    (Trace.ALIKE, True): "no recorded call wrote exactly this line; this one wrote the line most "
    "like it, and a formatter or a later edit made it what it is",
    (Trace.ALIKE, False): "no recorded call took out exactly this line; this one took out the line "
    "most like it",
    (Trace.WHOLE, True): "this call wrote the file as a whole",
    (Trace.WHOLE, False): "it went with all of its file: this call removed the file, or wrote it "
    "anew without the line",
}


def _call(found: Why, now: float) -> Iterator[Sentence]:
    if found.tool == "script":
        yield Sentence("the task is a script, and its text has the line", _MUTED)
    else:
        first, *rest = clean(found.call, newlines=True).split("\n")
        yield Sentence(f"$ {first}" + (" …" if rest else ""), "$accent")
    words = [line(found.attempt), f"round {found.round}"]
    words += [f"turn {found.turn}"] if found.turn else []
    words += [_ending(found.exit_code, failed=found.failed)] if found.ended else []
    words += ["its end was not recorded"] if not found.ended and found.turn else []
    words += [f"{ago(now - found.at)} ago"] if found.at else []
    yield Sentence(" · ".join(words), _MUTED)
    yield Sentence()
    for at, text in enumerate(found.excerpt):
        sign = "▸" if at == found.marked else "│"
        yield Sentence(f"{sign} {clean(text)}", "bold" if at == found.marked else _MUTED, 3)


def _unknown(found: Why) -> Iterator[Sentence]:
    if not found.text.strip():
        yield Sentence("a blank line has no reason of its own", _HEAD)
        return
    yield Sentence("no edit that wrote it was recorded", _HEAD)
    yield Sentence("it may come from a formatter, a command, or a hand in the worktree", _MUTED)
    yield Sentence()
    if not found.ran:
        yield Sentence("no recorded command is known to have changed this file", _MUTED)
        return
    yield Sentence("these ran and may have changed this file, the newest first", _HEAD)
    for one in found.ran:
        yield from _command(one)


def _words(text: str, style: str = "") -> Iterator[Sentence]:
    for part in clean(text, newlines=True).strip().split("\n"):
        yield Sentence(part, style, 3)


def deeds(found: Deeds) -> list[Sentence]:
    """What the agent ran, and what bears out its claims."""
    told = [Sentence("what its handoff claims", _HEAD)] if found.claims else []
    told += [Sentence(claim(one), *_claimed(one)) for one in found.claims]
    told += [Sentence()] if found.claims else []
    told.append(Sentence("what it ran, oldest first, with true exit codes", _HEAD))
    if found.left_out:
        told.append(Sentence(f"{plural(found.left_out, 'older command')} not listed", _MUTED))
    if not found.commands:
        told.append(Sentence("no command of its own was recorded", _MUTED, 3))
    number = 0
    for one in found.commands:
        if one.round != number:
            number = one.round
            told.append(Sentence(f"round {number}", _MUTED))
        told += _command(one)
    return told


def _claimed(claim: Weighed) -> tuple[str, int]:
    return ("$text-success" if claim.command else "$text-warning"), 3


def claim(weighed: Weighed) -> str:
    """A claim with what bears it out, or why it is unproven."""
    words = f'"{line(weighed.words)}"'
    if weighed.command:
        return f"✓ {words}: shown by {line(weighed.command, 80)}, exit 0"
    if not weighed.ran:
        return f"~ {words}: unproven, no command that would show it was run"
    if weighed.exit_code is None:
        return f"~ {words}: unproven, what was run for it has no exit code"
    if weighed.exit_code == 0:
        return f"~ {words}: unproven, its exit code is lost in the command it was part of"
    return f"~ {words}: unproven, the newest run for it ended with exit {weighed.exit_code}"


def _command(ran: RanCommand) -> Iterator[Sentence]:
    first, *rest = clean(ran.text, newlines=True).strip().split("\n")
    ending = "interrupted" if ran.interrupted else _ending(ran.exit_code, failed=ran.failed)
    bad = bool(ran.exit_code) or ran.failed
    seconds = f" · {took(ran.seconds)}" if ran.seconds else ""
    sign = "✗" if bad else "✓" if ran.exit_code == 0 else "·"
    yield Sentence(f"{sign} {ending}{seconds} · $ {first}", "$text-error" if bad else "", 3)
    for part in rest[:_MORE]:
        yield Sentence(part, _MUTED, 7)
    if len(rest) > _MORE:
        yield Sentence(f"… {plural(len(rest) - _MORE, 'more line')}", _MUTED, 7)


def _ending(code: int | None, *, failed: bool) -> str:
    if code is None:
        return "told as failed, no exit code" if failed else "no exit code"
    return f"exit {code}"


def figures(found: Compared) -> str:
    """`+4 new, 1 gone`: what differs from the tip; empty where nothing does or none is known."""
    counts = (
        (found.broken, "{} newly failing"), (found.gone, "{} gone"),
        (found.mended, "{} mended"), (found.new_ones, "+{} new"),
    )  # fmt: skip
    return ", ".join(words.format(len(names)) for names, words in counts if names)


def compared(found: Compared) -> list[Sentence]:
    """A guardrail's names, the worst first."""
    tip = found.tip[:7]
    if not found.tip_run:
        return [
            Sentence(f"it was never run on the tip {tip}: there is nothing to hold it against"),
            Sentence("it runs there once a task waits for it, or with compare = no-worse", _MUTED),
        ]
    told = [Sentence(f"held against its run on the tip {tip}", _MUTED)]
    sections = (
        ("newly failing", found.broken, "✗", "$text-error"),
        ("gone: passing on the tip, now removed, renamed or skipped", found.gone, "⚠",
         "$text-warning"),
        ("failing there too", found.still, "✗", _MUTED),
        ("mended", found.mended, "✓", "$text-success"),
        ("new", found.new_ones, "+", "$text-success"),
    )  # fmt: skip
    for title, names, sign, style in sections:
        if names:
            told += [Sentence(), Sentence(f"{title} ({len(names)})", _HEAD)]
            told += [Sentence(f"{sign} {line(n)}", style, 3, _file(n)) for n in names[:_MOST]]
        if len(names) > _MOST:
            told.append(Sentence(f"… {len(names) - _MOST} more", _MUTED, 3))
    rest = f"{found.kept} pass on both" if found.kept else ""
    if not figures(found):
        rest = f"nothing differs by name; {rest}" if rest else "nothing differs by name"
    return [*told, Sentence(), Sentence(rest, _MUTED)] if rest else told


def _file(name: str) -> str:
    """The file of a test's id or of a finding: `tests/test_a.py::test_b`, `src/a.py:E501`."""
    return name.partition("::")[0].partition(":")[0]
