"""The real agent programs against the scripted model.

    python -m tests.agents.real install [NAME…]       into a fresh folder, pinned versions
    python -m tests.agents.real record FOLDER [NAME[:CASE]…]   what they write to stdout, as it came

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


def main(words: Sequence[str]) -> int:
    """Do what the command line asks; the exit code."""
    match list(words):
        case ["install", *names]:
            return max(map(_install, _chosen(names)))
        case ["record", folder, *names]:
            return asyncio.run(_record(Path(folder), names))
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def _chosen(names: Sequence[str]) -> list[Program]:
    known = {program.name: program for program in PROGRAMS}
    return [known[name] for name in names] or list(PROGRAMS)


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


async def _record(folder: Path, names: Sequence[str]) -> int:
    wanted = [name.partition(":") for name in names] or [(p.name, "", "") for p in PROGRAMS]
    for name, _, case in wanted:
        for program in _chosen([name]):
            for one in [case] if case else CASES:
                print(await record(program, one, usual(), folder), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
