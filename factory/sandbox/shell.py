"""The developer's own shell in an agent's sandbox, in their own terminal."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from factory.sandbox import bubblewrap, containment
from factory.sandbox.profiles import Bind, Profile

_FILTER = 9
_OPENING = f'exec {_FILTER}<"$1"; shift; exec "$@"'


def interactive(profile: Profile, folder: Path) -> tuple[str, ...]:
    """A command line that opens the developer's shell in a sandbox, in their own terminal.

    What exists inside only is written below `folder`, which is ours. Empty without bubblewrap, and
    where an agent has put a link in a mount's place.
    The filter of system calls keeps what runs there from typing into the terminal. Granted hosts
    are the agent's: the shell has no network then.
    """
    machine = bubblewrap.look()
    if not profile.contained or not machine.bubblewrap:
        return ()
    files = bubblewrap.files(profile, machine)
    if any(containment.links(bubblewrap.crossings(profile, machine, files))):
        return ()
    made = []
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files):
        place = folder / str(number)
        place.write_text(file.text)
        made.append(Bind(host=str(place), inside=file.inside))
    term = ("TERM", os.environ.get("TERM", "xterm-256color"))
    inside = replace(
        profile, hosts=(), files=(), binds=(*profile.binds, *made), env=(*profile.env, term)
    )
    rules = bubblewrap.filtered(inside, machine)
    filter_ = folder / "filter"
    filter_.write_bytes(rules)
    options = bubblewrap.arguments(inside, machine, {}, filter=_FILTER if rules else -1)
    words = bubblewrap.limited(inside, machine, [machine.shell, "-i"])
    opening = ("/bin/sh", "-c", _OPENING, "sh", str(filter_))
    return (*opening, machine.bubblewrap, *options, *words)
