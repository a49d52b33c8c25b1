"""A sandbox as a value: what is mounted, what is set, what is allowed. No I/O.

The profiles are the four functions at the end; `factory.sandbox.bubblewrap` turns one into
arguments.
"""

from __future__ import annotations

import re

from factory.hosts import proxy_port
from factory.model import Struct

TREE = "/worktree"
"""Where the tree is mounted, always: environments are built against this path."""
ENVIRONMENT = "/env"
HOME = "/home/factory"
"""A private, empty home; it ends with the command."""
SCRATCH = "/tmp"
CACHE = "/cache"
"""Download caches of `setup`; no other profile has it."""
RESULTS = "/results"
GIT = "/worktree.git"
"""The agent's own git dir."""
HISTORY = "/history.git"


class Bind(Struct):
    """A file or folder of the host, mounted inside."""

    host: str
    inside: str
    writable: bool = False


class File(Struct):
    """A small read-only file that exists inside only."""

    inside: str
    text: str


class Limits(Struct):
    """What a program may take of the machine; 0 means no limit.

    prlimit holds each process to the first four inside the sandbox. The others are the whole
    sandbox's: what goes past them is ended (`factory.sandbox.quota`).
    """

    processes: int = 1024
    """Processes and threads; the whole sandbox's, too."""
    file_bytes: int = 4 << 30
    memory_bytes: int = 8 << 30
    """Written data (RLIMIT_DATA): node, go and java reserve address space far beyond it."""
    open_files: int = 4096
    scratch_bytes: int = 2 << 30
    """Size of each private tmpfs: the home, /tmp and /dev/shm."""
    together_bytes: int = 1 << 40
    """Memory of all processes, and of files in memory; never more than three quarters of the
    machine's."""
    disk_bytes: int = 20 << 30
    """What the folders that it can write may hold."""
    files: int = 1_000_000
    output_bytes: int = 1 << 30
    """What it may say on stdout and stderr."""


class Service(Struct):
    """A program that runs beside another one in its sandbox, and ends with it."""

    name: str
    run: str
    """A shell command; it sees its port as `$PORT`."""
    port: int = 0
    """0 for none."""
    ready: str = ""
    """A shell command that ends with 0 once it can be used; empty: once its port answers."""
    timeout: float = 30.0


class Environment(Struct):
    """Tools and dependencies of a project, as `environment.py` has made them ready."""

    binds: tuple[Bind, ...] = ()
    path: tuple[str, ...] = ()
    """Folders put in front of PATH, first one first."""
    env: tuple[tuple[str, str], ...] = ()


BARE = Environment()
"""Nothing besides the machine's own toolchain."""


class Profile(Struct):
    """A sandbox as a value: `doctor` prints it, `run` turns it into a bubblewrap command."""

    name: str
    """`tools`, `gate`, `setup`, `cli`, or `hosts` for a `cli` that reaches these alone."""
    tree: str
    """Host folder mounted at /worktree."""
    tree_writable: bool = True
    binds: tuple[Bind, ...] = ()
    """Besides the toolchain, which every profile has read-only. Later ones cover earlier ones."""
    files: tuple[File, ...] = ()
    path: tuple[str, ...] = ()
    """Folders put in front of PATH, first one first."""
    env: tuple[tuple[str, str], ...] = ()
    """All that the program sees of any environment, besides PATH, HOME and the like."""
    network: bool = False
    """The whole of the host's network, unrecorded."""
    hosts: tuple[str, ...] = ()
    """What it may reach instead: entries as `factory.hosts` reads them. Never together with
    `network`; reached only while `factory.sandbox.network.granted` serves them."""
    door: str = ""
    """Where the sandbox's ears are handed over: a socket of ours on the host, never inside."""
    limits: Limits = Limits()
    services: tuple[Service, ...] = ()
    """Started before each program, in this order, and ended with it."""
    before: tuple[str, ...] = ()
    """Shell commands that must end with 0 before the program begins; the services run by then."""
    contained: bool = True
    """False only where there is no bubblewrap and the developer attends."""


def tools(
    tree: str,
    scratch: str,
    *,
    private_git: str = "",
    history: str = "",
    environment: Environment = BARE,
    env: tuple[tuple[str, str], ...] = (),
) -> Profile:
    """For commands of our own agent loop: no network, no keys.

    `scratch` is the attempt's folder at /tmp. `private_git` and `history` are host folders of bare
    repositories; empty where the agent gets no git.
    """
    binds, files = _agent(scratch, private_git, history)
    return Profile(
        name="tools",
        tree=tree,
        binds=(*binds, *environment.binds),
        files=files,
        path=environment.path,
        env=(*environment.env, *env),
    )


def cli(
    tree: str,
    scratch: str,
    *,
    login: tuple[Bind, ...] = (),
    network: bool = True,
    hosts: tuple[str, ...] = (),
    private_git: str = "",
    history: str = "",
    environment: Environment = BARE,
    env: tuple[tuple[str, str], ...] = (),
) -> Profile:
    """For a foreign agent program: its network and its own login folder, nothing else of the home.

    With `hosts` it reaches these alone, whatever `network` says.
    `login` is what `environment.login` made of the folders that factory.toml names.
    """
    binds, files = _agent(scratch, private_git, history)
    return Profile(
        name="hosts" if hosts else "cli",
        tree=tree,
        binds=(*binds, *environment.binds, *login),
        files=files,
        path=environment.path,
        env=(*environment.env, *env),
        network=network and not hosts,
        hosts=hosts,
    )


def gate(
    tree: str,
    results: str,
    *,
    environment: Environment = BARE,
    env: tuple[tuple[str, str], ...] = (),
) -> Profile:
    """For guardrails: no network, no git, nothing of the attempt's; reports go to /results."""
    return Profile(
        name="gate",
        tree=tree,
        binds=(Bind(host=results, inside=RESULTS, writable=True), *environment.binds),
        path=environment.path,
        env=(("CI", "1"), *environment.env, *env),
    )


def setup(
    tree: str,
    environment_dir: str,
    cache: str,
    *,
    registries: Environment = BARE,
    environment: Environment = BARE,
) -> Profile:
    """For building an environment: the network, no keys; writes only /env and its caches.

    `registries` is the machine's package index settings, `environment` the declared toolchain.
    """
    caches = (
        ("XDG_CACHE_HOME", CACHE),
        ("PIP_CACHE_DIR", f"{CACHE}/pip"),
        ("UV_CACHE_DIR", f"{CACHE}/uv"),
        ("UV_COMPILE_BYTECODE", "1"),  # nobody can write it later
        ("UV_LINK_MODE", "copy"),
        ("npm_config_cache", f"{CACHE}/npm"),
    )
    return Profile(
        name="setup",
        tree=tree,
        binds=(
            *registries.binds,
            *environment.binds,
            Bind(host=environment_dir, inside=ENVIRONMENT, writable=True),
            Bind(host=cache, inside=CACHE, writable=True),
        ),
        path=environment.path,
        env=(*caches, *registries.env, *environment.env),
        network=True,
        limits=Limits(disk_bytes=200 << 30, files=10_000_000),  # the caches of all environments
    )


def _agent(
    scratch: str, private_git: str, history: str
) -> tuple[tuple[Bind, ...], tuple[File, ...]]:
    binds = [Bind(host=scratch, inside=SCRATCH, writable=True)]
    files = []
    if private_git:
        binds.append(Bind(host=private_git, inside=GIT, writable=True))
        files.append(File(inside=f"{TREE}/.git", text=f"gitdir: {GIT}\n"))
    if history:
        binds.append(Bind(host=history, inside=HISTORY))
    return tuple(binds), tuple(files)


def proxied(profile: Profile) -> tuple[tuple[str, str], ...]:
    """What tells a program of the proxy, in all the ways that programs know.

    The loopback goes past it: there the sandbox's own servers listen, and the granted ones.
    """
    if not (profile.hosts and profile.contained):
        return ()
    proxy = f"http://127.0.0.1:{proxy_port(profile.hosts)}"
    said = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy)
    said["NO_PROXY"] = "localhost,127.0.0.1,::1"
    both = [*said.items(), *((name.lower(), value) for name, value in said.items())]
    return (*both, ("NODE_USE_ENV_PROXY", "1"))


def outside(profile: Profile, text: str) -> str:
    """The text with paths inside turned into the host's, for a program that is not contained.

    /tmp and the home are left: they mean something on the host too.
    """
    places = {bind.inside: bind.host for bind in profile.binds if bind.inside != SCRATCH}
    places[TREE] = profile.tree
    names = "|".join(re.escape(place) for place in sorted(places, key=len, reverse=True))
    return re.sub(rf"(?<![\w./-])({names})(?![\w.-])", lambda found: places[found[1]], text)
