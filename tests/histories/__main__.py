"""`python -m tests.histories [--only NAME …] [--keep FOLDER]`: every commit, and what was wrong."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.histories.edits import End, counted, trial
from tests.histories.reading import Read, read, texts
from tests.histories.sources import SOURCES, History, own, released

LEAST = 500
"""Commits that must have been read."""


async def _all(history: History) -> list[Read]:
    found = []
    for number, commit in enumerate(history.commits, start=1):
        found.append(await read(history.git_dir, commit))
        if sys.stderr.isatty():
            print(f"\r{history.name} {number}/{len(history.commits)} ", end="", file=sys.stderr)
    return found


def commented(history: History, count: int) -> Counter[End]:
    """How comments on files of the newest commit end, after as many random edits."""
    files = asyncio.run(texts(history.git_dir, history.commits[0].right))
    chance = random.Random(len(files))
    return counted(trial(chance, chance.choice(files)) for _ in range(count))


def row(history: History, found: Sequence[Read], seconds: float) -> str:
    """A line of the table."""
    suffixes = sorted(frozenset().union(*(one.suffixes for one in found)))
    shown = " ".join(suffixes[:30]) + (f" and {len(suffixes) - 30} more" if suffixes[30:] else "")
    figures = (
        len(found), sum(one.files for one in found), sum(one.rows for one in found),
        sum(one.rebuilt for one in found), sum(one.foreign for one in found),
        sum(one.told for one in found), sum(one.renamed for one in found),
        sum(len(one.wrong) for one in found), f"{seconds:.0f}",
    )  # fmt: skip
    return f"| {history.name} | " + " | ".join(str(one) for one in figures) + f" | {shown} |"


def main(argv: Sequence[str] | None = None) -> int:
    """0 only where enough commits were read and nothing was wrong with any."""
    parser = argparse.ArgumentParser(prog="python -m tests.histories", description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these sources alone")
    parser.add_argument("--keep", type=Path, help="keep what is fetched here, for another time")
    parser.add_argument("--edits", type=int, default=200, help="random edits for each source")
    options = parser.parse_args(argv)
    print("| source | commits | files | rows | sides rebuilt | not UTF-8 | in words | renamed "
          "| errors | seconds | suffixes |")  # fmt: skip
    print("|" + " --- |" * 11, flush=True)
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    everything: list[Read] = []
    ends: Counter[End] = Counter()
    try:
        for name in ("factory-tui", *(source.name for source in SOURCES)):
            if options.only and name not in options.only:
                continue
            source = next((one for one in SOURCES if one.name == name), None)
            history = released(source, folder, options.keep) if source else own()
            begun = time.monotonic()
            found = asyncio.run(_all(history))
            print(row(history, found, time.monotonic() - begun), flush=True)
            for words in (history.missing, *(what for one in found for what in one.wrong[:3])):
                print(f"  {words}" if words else "", end="\n" if words else "", file=sys.stderr)
            everything += found
            if history.commits:
                ends += commented(history, options.edits)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\ncomments after random edits: " + ", ".join(f"{ends[end]} {end}" for end in End))
    wrong = sum(len(one.wrong) for one in everything)
    print(f"\n{len(everything)} commits, {wrong} errors")
    return 0 if not wrong and (options.only or len(everything) >= LEAST) else 1


if __name__ == "__main__":
    sys.exit(main())
