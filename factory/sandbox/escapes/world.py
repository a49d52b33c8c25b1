"""What is planted for an escape suite to reach, and what of it was reached, as seen from outside.

Everything lies in one folder of our own, with the names and places of the real things. Nothing of
the developer's is among it.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from factory.sandbox.escapes.inside import UntriedError, call, libc
from factory.sandbox.profiles import ENVIRONMENT, HISTORY, TREE

_PLANTED = "planted by factory-tui"
_FILES = (
    "factory-planted",
    "home/.aws/credentials",
    "home/.bash_history",
    "home/.bashrc",
    "home/.claude/.credentials.json",
    "home/.claude/settings.json",
    "home/.config/systemd/user/default.target",
    "home/.git-credentials",
    "home/.mozilla/firefox/x.default/cookies.sqlite",
    "home/.ssh/authorized_keys",
    "home/.ssh/id_ed25519",
    "home/agent/login.json",
    "repo/.git/config",
    "repo/.git/hooks/post-checkout",
    "repo/.git/refs/heads/main",
    "repo/notes.txt",
    "state/attempts/t1.1/git/HEAD",
    "state/attempts/t1.1/tmp/notes",
    "state/attempts/t2.1/transcript.jsonl",
    "state/environments/abc/bin/python",
    "state/environments/cache/index",
    "state/factory.db",
    "state/history.git/shared",
    "state/results/report.xml",
    "state/scenarios/first.toml",
    "state/vault.git/refs/factory/t2/1",
    "state/worktrees/w01.index",
    "state/worktrees/w01/.git",
    "state/worktrees/w02/secret.txt",
    "system/program",
    "victims/emptied_outside",
    "victims/mode_changed_outside",
    "victims/moved_in",
    "victims/removed_outside",
    "victims/renamed_outside",
)
_FEW = (
    "home/.ssh/id_ed25519",
    "state/attempts/t1.1/git/HEAD",
    "state/attempts/t1.1/tmp/notes",
    "state/environments/abc/bin/python",
    "state/history.git/shared",
    "state/worktrees/w01/.git",
    "state/worktrees/w02/secret.txt",
)
"""What the quick probes go for, and what a profile needs."""
_ENGINE = "state/engine.sock"
_SOCKETS = (
    "run/.X11-unix/X0",
    "run/docker.sock",
    "run/ssh-agent",
    "run/systemd/private",
    "run/tmux/default",
    "run/user/bus",
)
_GIT = "state/worktrees/w01/.git"
_GRANTED = ("state/worktrees/w01/", "state/attempts/t1.1/", "state/results/", "home/agent/")
"""Where a program in some profile may write; but not what its tree has for `.git`."""
_JOIN, _CREATE, _REMOVE = 1, 0o1600, 0
"""KEYCTL_JOIN_SESSION_KEYRING; IPC_CREAT with mode 0600; IPC_RMID."""


class World:
    """The planted files, and the sockets, the terminal and the keys beside them."""

    def __init__(self, root: Path, *, whole: bool) -> None:
        """Plants in the empty folder `root`; not `whole` only what the quick probes go for."""
        self.root = root
        self.facts: dict[str, str | int] = {"root": str(root)}
        self._sockets: list[socket.socket] = []
        self._terminal: tuple[int, int] = (-1, -1)
        for name in _FILES if whole else _FEW:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{_PLANTED}: {name}\n")
        self._before = self._state()
        self.facts["tcp4"] = self._server(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self._file_socket(_ENGINE)
        if whole:
            self._listen()
            self._furnish()

    def place(self, *, contained: bool) -> dict[str, str | int]:
        """Where everything lies, as seen from inside or from outside."""
        root = self.root
        places = {
            "home": root / "home",
            "repo": root / "repo",
            "state": root / "state",
            "other": root / "state/worktrees/w02",
            "tree": Path(TREE) if contained else root / "state/worktrees/w01",
            "history": Path(HISTORY) if contained else root / "state/history.git",
            "environment": Path(ENVIRONMENT) if contained else root / "state/environments/abc",
        }
        return {name: str(path) for name, path in places.items()}

    # --- what is no file -------------------------------------------------------------------

    def _listen(self) -> None:
        """Open the sockets that probes go for. What is said there waits to be heard."""
        self.facts["udp4"] = self._server(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self.facts["tcp6"] = self.facts["udp6"] = 0
        with contextlib.suppress(OSError):
            self.facts["tcp6"] = self._server(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0))
            self.facts["udp6"] = self._server(socket.AF_INET6, socket.SOCK_DGRAM, ("::1", 0))
        unique = f"factory-{os.getpid()}-{id(self):x}"
        self.facts["abstract"], self.facts["x11"] = unique, f"{unique}/.X11-unix/X0"
        for name in (unique, f"{unique}/.X11-unix/X0"):
            self._server(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}")
        self._server(socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{unique}-datagram")
        for name in _SOCKETS:
            self._file_socket(name)

    def _file_socket(self, name: str) -> None:
        """A socket that is a file, bound from its folder: the whole path may be too long."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            short = f"/proc/self/fd/{folder}/{path.name}"
            self._server(socket.AF_UNIX, socket.SOCK_STREAM, short)
        finally:
            os.close(folder)

    def _server(self, family: int, kind: int, address: str | tuple[str, int]) -> int:
        server = socket.socket(family, kind)
        self._sockets.append(server)
        server.setblocking(False)
        server.bind(address)
        if kind == socket.SOCK_STREAM:
            server.listen(16)
        name = server.getsockname()
        return int(name[1]) if isinstance(name, tuple) else 0

    def _furnish(self) -> None:
        """A terminal, shared memory and a key of the session."""
        self._terminal = os.openpty()
        self.facts["terminal"] = os.ttyname(self._terminal[1])
        self.facts["segment"] = _segment()
        self.facts["key"] = _key()

    # --- what was reached ------------------------------------------------------------------

    def reached(self, probes: set[str]) -> set[str]:
        """The probes that left a mark or said something outside."""
        found = {name for name in self._heard() if name in probes}
        if "doomed" in self.facts and _ended(int(self.facts["doomed"])):
            found.add("killed")
        after = self._state()
        for path in self._before.keys() | after.keys():
            if self._before.get(path) == after.get(path):
                continue
            folder, _, name = path.rpartition("/")
            if folder == "victims" and name in probes:
                found.add(name)
            if not path.startswith(_GRANTED) or path == _GIT or path.startswith(f"{_GIT}/"):
                found |= self._marks(path) & probes
        return found

    def _state(self) -> dict[str, str]:
        """Every file with what is in it, by path."""
        found = {}
        for folder, _names, files in os.walk(self.root):
            for name in files:
                path = Path(folder, name)
                if path.is_symlink() or not path.is_file():
                    continue
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                relative = str(path.relative_to(self.root))
                found[relative] = f"{path.stat().st_mode:o} {digest}"
        return found

    def _marks(self, path: str) -> set[str]:
        try:
            text = (self.root / path).read_text(errors="replace")
        except OSError:
            return set()
        return {line.rpartition(" ")[2] for line in text.splitlines()}

    def _heard(self) -> set[str]:
        texts = [_hear(server) for server in self._sockets]
        if self._terminal[0] >= 0:
            os.set_blocking(self._terminal[0], False)
            with contextlib.suppress(BlockingIOError):
                texts.append(os.read(self._terminal[0], 4096))
        return {name.decode() for text in texts for name in re.findall(rb"[a-z_0-9]{4,}", text)}

    def close(self) -> None:
        """Close what was opened; the folder is removed by whoever made it."""
        for server in self._sockets:
            server.close()
        for number in self._terminal:
            if number >= 0:
                os.close(number)


def _ended(process: int) -> bool:
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return text.rpartition(")")[2].split()[0] in ("Z", "X")


def _hear(server: socket.socket) -> bytes:
    """All that was said to a socket so far."""
    if server.type == socket.SOCK_DGRAM:
        return b" ".join(_datagrams(server))
    said = b""
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return said
        with line:
            line.settimeout(0.2)
            with contextlib.suppress(OSError):
                said += line.recv(4096) + b" "


def _datagrams(server: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        while True:
            yield server.recv(4096)


def _segment() -> int:
    """A piece of System V shared memory that is gone when we are; -1 where there is none."""
    number = int(libc.shmget(0, 4096, _CREATE))
    if number < 0:
        return -1
    libc.shmat.restype = ctypes.c_ssize_t
    place = libc.shmat(number, None, 0)
    libc.shmctl(number, _REMOVE, None)
    if place == -1:
        return -1
    ctypes.memmove(place, _PLANTED.encode(), len(_PLANTED))
    return number


def _key() -> str:
    """A key in a session keyring of our own, as a login leaves one to all that it starts."""
    name = b"factory-planted"
    try:
        call("keyctl", _JOIN, None)
        call("add_key", b"user", name, _PLANTED.encode(), len(_PLANTED), -3)
    except (OSError, UntriedError):
        return ""
    return name.decode()
