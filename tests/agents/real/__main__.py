"""The real agent programs against the scripted model.

    python -m tests.agents.real [NAME[:FORM]…]        each from a task to a landed change; forms are
                                                      command (headless) and acp, both if not named
    python -m tests.agents.real install [NAME…]       into a fresh folder, pinned versions
    python -m tests.agents.real record FOLDER [NAME[:CASE]…]   what they write to stdout, as it came
    python -m tests.agents.real acp FOLDER [NAME…]    what they and the engine say to each other

FACTORY_TEST_AGENTS names the folder they are installed in; ~/.cache/factory-tui/agents without.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.agents.real.install import NotInstalledError, install, usual
from tests.agents.real.programs import PROGRAMS, Program
from tests.agents.real.record import CASES, record
from tests.agents.real.story import Row, room, story

FORMS = ("command", "acp")
COLUMNS = (
    "program", "version", "form", "seconds", "turns", "tokens", "grown", "contacts", "hosts",
    "landed",
)  # fmt: skip


def main(words: Sequence[str]) -> int:
    """Do what the command line asks; the exit code."""
    match list(words):
        case ["install", *names]:
            return max(map(_install, _chosen(names)))
        case ["acp", folder, *names]:
            return asyncio.run(_acp(Path(folder), _chosen(names)))
        case ["record", folder, *names]:
            return asyncio.run(_record(Path(folder), names))
        case [name, *_] if name.startswith("-"):
            print(__doc__, file=sys.stderr)
            return 2
        case names:
            return asyncio.run(_all(names))


def _chosen(names: Sequence[str]) -> list[Program]:
    known = {program.name: program for program in PROGRAMS}
    return [known[name] for name in names] or list(PROGRAMS)


async def _all(names: Sequence[str]) -> int:
    """A table of what came of each; 1 where one did not land, or reached for somebody else."""
    print("| " + " | ".join(COLUMNS) + " |\n" + "| --- " * len(COLUMNS) + "|")
    good = True
    for word in names or [program.name for program in PROGRAMS]:
        name, _, form = word.partition(":")
        for program in _chosen([name]):
            for kind in [form] if form else FORMS:
                row = await _one(program, kind)
                good = good and row.landed and not row.contacts.others
                print(_shown(row), flush=True)
    return 0 if good else 1


async def _one(program: Program, kind: str, keep: Path | None = None) -> Row:
    install(program, usual(), acp=kind == "acp")
    async with room() as home:
        try:
            return await story(program, kind, usual(), home, keep=keep, watched=keep is None)
        except (TimeoutError, RuntimeError) as error:
            said = str(error) or "nothing more happened"
            return Row(program=program.name, version=program.version, form=kind, said=said)


def _shown(row: Row) -> str:
    reached = ", ".join(row.contacts.others) or f"loopback only ({row.contacts.loopback})"
    figures = (
        row.program, row.version, row.form, f"{row.seconds:.1f}", row.turns, row.tokens, row.grown,
        reached, ", ".join(row.hosts), "yes" if row.landed else f"NO: {row.said}",
    )  # fmt: skip
    return "| " + " | ".join(map(str, figures)) + " |"


def _install(program: Program) -> int:
    began = time.monotonic()
    try:
        install(program, usual())
        install(program, usual(), acp=True)
    except NotInstalledError as error:
        print(f"{program.name}: not installed: {error}")
        return 1
    print(f"{program.name} {program.version}: {time.monotonic() - began:.0f} s")
    return 0


async def _acp(folder: Path, programs: Sequence[Program]) -> int:
    for program in programs:
        print(_shown(await _one(program, "acp", folder)), flush=True)
    return 0


async def _record(folder: Path, names: Sequence[str]) -> int:
    wanted = [name.partition(":") for name in names] or [(p.name, "", "") for p in PROGRAMS]
    for name, _, case in wanted:
        for program in _chosen([name]):
            for one in [case] if case else CASES:
                print(await record(program, one, usual(), folder), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
