"""The `command` runtime: any program, run headless in the worktree, to its end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from msgspec import structs

from factory.agents import early
from factory.agents.base import Desk
from factory.agents.events import Run
from factory.agents.lines import Lines
from factory.agents.reader import Reader, counted, last_session, session_began
from factory.agents.readers import EVENTS, reader
from factory.agents.steered import DEAF, LOOK, Said, takes_messages
from factory.config import AgentSpec
from factory.entry import AnyEntry, Finished, Origin, Prompt, Question, Remark, Usage
from factory.model import AgentError, Spend
from factory.sandbox import SCRATCH, run
from factory.sandbox import Finished as Ended
from factory.transcript import BEGUN

FILE = "prompt.md"
BETWEEN = "\n\n---\n\n"
PAUSE = 0.1
"""Seconds that output is gathered before it is handed on."""
MOST_TEXT = 8 << 20
MOST_EVENTS = 256 << 20
LONGEST_TEXT = 64 << 10
LONGEST_EVENT = 64 << 20


class Command:
    """Runs `spec.run` with the sandbox profile of the desk.

    Set for it: FACTORY_PROMPT_FILE, FACTORY_TASK (the task's id), FACTORY_TITLE, FACTORY_SESSION
    (what the program last called its session; empty for none), FACTORY_MODEL and FACTORY_EFFORT
    (as factory.toml has them, or empty), FACTORY_EARLY (a settings file of Claude Code's with the
    early gate as its stop hook; empty for none). With a session the file holds what
    was said since it ended; without, all that was said since the task was given, a single prompt
    word for word. A script gets the newest prompt alone. A program that takes messages on its stdin
    is told by these, and what the developer says while it runs reaches it between its tool calls.
    """

    def __init__(self, deaf: float = DEAF) -> None:
        """`deaf` are the seconds that a program which is done has to hear what was said last."""
        self._deaf = deaf

    async def work(self, desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        """Run it to its end. Raises AgentError (exit code, what it reports) and SandboxError."""
        desk.reserve(Spend(usd=None if desk.spec.subscription else 0.0))
        session = last_session(desk.history)
        reads = _reads(desk, session)
        async with aclosing(_run(desk, reads, session, self._deaf)) as entries:
            async for entry in entries:
                yield entry
        if session and reads.session_lost:
            yield Remark(at=desk.now(), text=f"its session {session} is gone: it begins afresh")
            reads = _reads(desk, "")
            async with aclosing(_run(desk, reads, "", self._deaf)) as entries:
                async for entry in entries:
                    yield entry
        for entry in reads.end():
            yield entry


def prompt(history: Sequence[AnyEntry], session: str, *, script: bool = False) -> str:
    """What the program is told; a session that was begun for the newest words hears all again."""
    ends = [at for at, entry in enumerate(history) if isinstance(entry, Finished | Question)]
    last = ends[-1] + 1 if ends else 0
    begun_for = history[last : max(session_began(history), 0)]
    knows = session and ends and not any(isinstance(entry, Prompt) for entry in begun_for)
    since = history[last:] if knows else history
    said = [entry for entry in since if isinstance(entry, Prompt)]
    if not knows:  # a task that begins again on a newer tip was given once more
        given = [at for at, entry in enumerate(said) if entry.origin is Origin.TASK]
        said = said[given[-1] :] if given else said
    return BETWEEN.join(entry.text for entry in (said[-1:] if script else said))


def told(spec: AgentSpec) -> tuple[tuple[str, str], ...]:
    """What a program's command line is told of its agent, as variables."""
    return (("FACTORY_MODEL", spec.model), ("FACTORY_EFFORT", spec.effort))


def _reads(desk: Desk, session: str) -> Reader:
    run = Run(
        spec=desk.spec, now=desk.now, session=session, number=len(desk.history),
        counted=counted(desk.history, session),
    )  # fmt: skip
    return reader(desk.spec.output, run)


async def _run(
    desk: Desk, reads: Reader, session: str, deaf: float
) -> AsyncGenerator[AnyEntry, None]:
    """One run of the program, read as it goes. Closing it ends the program."""
    events = desk.spec.output in EVENTS
    lines = Lines(MOST_EVENTS, LONGEST_EVENT) if events else Lines(MOST_TEXT, LONGEST_TEXT)
    _write(desk.scratch / FILE, prompt(desk.history, session, script=desk.spec.script))
    folder = SCRATCH if desk.profile.contained else str(desk.scratch)
    given = (
        ("FACTORY_PROMPT_FILE", f"{folder}/{FILE}"),
        ("FACTORY_TASK", desk.task),
        ("FACTORY_TITLE", desk.title),
        ("FACTORY_SESSION", session),
        ("FACTORY_EARLY", _early(desk, folder)),
        *told(desk.spec),
    )
    profile = structs.replace(desk.profile, env=(*desk.profile.env, *given))
    if not events:
        yield Remark(at=desk.now(), text=BEGUN)
    words = _words(desk, session)
    program = asyncio.create_task(
        run(profile, desk.spec.run, on_output=lines.feed, stdin=words.feed if words else b"")
    )
    writer = asyncio.create_task(words.write()) if words else None
    try:
        async with aclosing(_batches(lines, program, words)) as batches:
            async for batch in batches:
                for entry in _heard(reads.read(batch), words):
                    yield entry
                    _look_at_the_cap(desk, reads, entry)
                if words and reads.finished:
                    words.let_go(deaf)
        for entry in _heard(reads.read(lines.rest()), words):
            yield entry
        reads.ended = await program
    finally:
        for task in filter(None, (writer, program)):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _early(desk: Desk, folder: str) -> str:
    """Where the program finds the settings of its early gate; empty where there is none."""
    if not desk.spec.early:
        return ""
    _write(desk.scratch / early.SCRIPT, early.script(desk.spec.early))
    _write(desk.scratch / early.SETTINGS, early.settings(folder))
    return f"{folder}/{early.SETTINGS}"


def _words(desk: Desk, session: str) -> Said | None:
    """What is said to a program that takes messages while it runs."""
    if not (desk.spec.output in EVENTS and takes_messages(desk.spec.run)):
        return None
    first = prompt(desk.history, session, script=desk.spec.script)
    return Said(first, desk.steering, asyncio.get_running_loop().time)


def _heard(entries: Iterable[AnyEntry], words: Said | None) -> Iterator[AnyEntry]:
    """The entries, and of the messages given back those that were said meanwhile, as they were."""
    for entry in entries:
        if not isinstance(entry, Prompt):
            yield entry
        elif words is not None and (text := words.heard(entry.text)) is not None:
            yield structs.replace(entry, text=text)


def _look_at_the_cap(desk: Desk, reads: Reader, entry: AnyEntry) -> None:
    """A run may be long: what it has cost is held against the caps while it goes on."""
    if isinstance(entry, Usage) and not reads.finished:
        desk.reserve(Spend(usd=None if desk.spec.subscription else 0.0))


async def _batches(
    lines: Lines, program: asyncio.Task[Ended], words: Said | None
) -> AsyncGenerator[list[str], None]:
    """Lines as they come, gathered for a moment, until the program has ended.

    Where there are words, they are looked after all the while, and batches may be empty.
    """
    while not program.done():
        if words is not None:
            words.look()
        came = asyncio.ensure_future(lines.wait())
        try:
            await asyncio.wait(
                {came, program},
                return_when=asyncio.FIRST_COMPLETED,
                timeout=LOOK if words else None,
            )
        finally:
            came.cancel()
        if lines.waiting:
            await asyncio.wait({program}, timeout=PAUSE)
        batch = lines.take()
        if batch and words is not None:
            words.spoke()
        if batch or words is not None:
            yield batch


def _write(path: Path, text: str) -> None:
    """Write a file in a folder that the agent can write too, and never through a link of its.

    Raises AgentError.
    """
    try:
        path.unlink(missing_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise AgentError(
            f"{path} cannot be written ({error.strerror}): remove it, then resume the task"
        ) from error
    with os.fdopen(file, "wb") as opened:
        opened.write(text.encode(errors="replace"))
