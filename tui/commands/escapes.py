"""`doctor --sandbox`: every way out of the sandbox, tried in each of its profiles."""

from __future__ import annotations

from collections import Counter

from factory import spawn
from factory.wire import Escape
from tui.commands.console import Console
from tui.commands.json_text import dumps

_SIGNS = {"held": "✓", "escaped": "✗", "granted": "·", "untried": "?"}
LEAST = 60
"""Probes that a profile must have been tried with."""


async def escapes(console: Console, *, as_json: bool = False) -> int:
    """Print a line a probe; 1 where something in a sandbox got out, or too little was tried."""
    found = await spawn.try_escapes()
    if as_json:
        console.raw(dumps(found))
    else:
        _table(console, found)
    return int(bool(problems(found)))


def problems(found: tuple[Escape, ...]) -> tuple[str, ...]:
    """Why the sandbox cannot be trusted, a sentence each."""
    said = []
    for profile, signs in _by_profile(found).items():
        if out := signs["escaped"]:
            ways = "1 way" if out == 1 else f"{out} ways"
            said.append(f"{profile}: {ways} out; report this with `doctor --sandbox --json`")
        elif signs["held"] < LEAST:
            said.append(
                f"{profile}: only {signs['held']} probes could be tried; nothing is shown by that"
            )
    return tuple(said)


def _by_profile(found: tuple[Escape, ...]) -> dict[str, Counter[str]]:
    signs: dict[str, Counter[str]] = {}
    for one in found:
        for profile, sign in one.found:
            signs.setdefault(profile, Counter())[sign] += 1
    return signs


def _table(console: Console, found: tuple[Escape, ...]) -> None:
    names = tuple(_by_profile(found))
    rows: list[tuple[str, ...]] = [(" ", "can a program in the sandbox …", *names)]
    for one in found:
        row = [_SIGNS[sign] for _profile, sign in one.found]
        worst = next((sign for sign in "✗?" if sign in row), "✓")
        rows.append((worst, one.tries, *row))
    console.table(rows, width=76)
    for one in found:
        for profile, text in one.shown:
            console.line(f"    {one.name} in {profile}: {text}")
    console.line("  ✓ it cannot   ✗ it can   · the profile is for this   ? could not be tried")
    for profile, signs in _by_profile(found).items():
        rest = f", {signs['granted']} are what it is for" if signs["granted"] else ""
        console.line(
            f"{'✗' if signs['escaped'] else '✓'} {profile}: {signs['held']} tried and held, "
            f"{signs['escaped']} got out{rest}, {signs['untried']} could not be tried"
        )
    for sentence in problems(found):
        console.line(f"✗ {sentence}")
