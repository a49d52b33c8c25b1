"""The only place that starts a program other than git: bubblewrap profiles, limits, output."""

from __future__ import annotations

from factory.model import Struct

TREE = "/worktree"
"""Where the tree is mounted, always: environments are built against this path."""
ENVIRONMENT = "/env"


class Bind(Struct):
    """A file or folder of the host, mounted inside."""

    host: str
    inside: str
    writable: bool = False


class Limits(Struct):
    """Set by prlimit inside the sandbox; 0 means no limit."""

    processes: int = 512
    file_bytes: int = 4 << 30
    memory_bytes: int = 8 << 30
    open_files: int = 4096


class Profile(Struct):
    """A sandbox as a value: `doctor` prints it, `run` turns it into a bubblewrap command."""

    name: str
    """`tools`, `gate`, `setup` or `cli`."""
    tree: str
    """Host folder mounted at /worktree."""
    tree_writable: bool = True
    binds: tuple[Bind, ...] = ()
    """Besides the toolchain, which every profile has read-only."""
    env: tuple[tuple[str, str], ...] = ()
    network: bool = False
    limits: Limits = Limits()
    contained: bool = True
    """False only where there is no bubblewrap and the developer attends."""


class Finished(Struct):
    """How a program ended."""

    exit_code: int | None
    """None where it was killed for its time limit; negative signal number as in subprocess."""
    seconds: float
    timed_out: bool = False
    output_bytes: int = 0
