"""Every way out of the sandbox, tried in each of its profiles, and where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from factory.sandbox.escapes import suite
from factory.sandbox.escapes.suite import Sign, Tried
from tests.trust.base import Control, Outcome

FEWEST = 40
"""So many must get out where nothing holds them, or the probes show nothing."""


def escapes(full: bool) -> Outcome:
    """All probes in all profiles; uncontained in one of them, at full size in all."""
    tried = {name: asyncio.run(suite.attempt(name)) for name in suite.PROFILES}
    free = {
        name: asyncio.run(suite.attempt(name, contained=False))
        for name in (suite.PROFILES if full else suite.PROFILES[:1])
    }
    every = [one for found in tried.values() for one in found]
    out = {name: _count(found, Sign.ESCAPED) for name, found in free.items()}
    fewest = min(_count(found, Sign.HELD) for found in tried.values())
    return Outcome(
        tried=_count(every, Sign.HELD) + _count(every, Sign.ESCAPED),
        held=_count(every, Sign.HELD),
        control=f"{min(out.values())} of {len(suite.probes())} got out",
        proven=min(out.values()) >= FEWEST and fewest >= suite.LEAST,
        notes=tuple(_notes(tried)),
        figures=(("probes", len(suite.probes())), ("profiles", len(tried))),
    )


def _count(found: Iterable[Tried], sign: Sign) -> int:
    return sum(one.sign is sign for one in found)


def _notes(tried: dict[str, tuple[Tried, ...]]) -> Iterable[str]:
    for profile, found in tried.items():
        for one in found:
            if one.sign is Sign.ESCAPED:
                yield f"{profile}: a program can {one.probe.tries} ({one.shown})"
            if one.sign is Sign.UNTRIED:
                yield f"{profile}: {one.probe.name} could not be tried: {one.shown}"


CONTROLS = (
    Control(
        name="escapes",
        promise="nothing that runs in a sandbox gets out of it, in any profile",
        run=escapes,
    ),
)
