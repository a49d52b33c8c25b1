"""The first program of an escape suite: runs probes one after another and prints what they came to.

It and the modules of probes are imported by the engine for their names and sentences, and sent into
the sandbox as compiled code: there is no factory-tui in there. So they use the standard library
alone, and of it only what loads fast.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

LONGEST = 3
"""Seconds that one probe may take."""
HELD, ESCAPED, UNTRIED = "held", "escaped", "untried"
CALLS = {
    "x86_64": {"add_key": 248, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
               "userfaultfd": 323, "finit_module": 313},
    "aarch64": {"add_key": 217, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
                "userfaultfd": 282, "finit_module": 273},
}  # fmt: skip
"""Numbers of system calls that differ between machines; those after 423 are the same everywhere."""

libc = ctypes.CDLL(None, use_errno=True)


class Plants:
    """What is planted for the probes to reach, and where it lies as seen from where they run."""

    contained: bool
    """False in the negative control, which must touch nothing but what is planted."""
    root: str
    """Folder of everything planted."""
    home: str
    repo: str
    state: str
    other: str
    """The worktree of another task."""
    tree: str
    history: str
    environment: str
    system: str
    """Folders of the system, one a line, that nobody may write."""
    toolchain: str
    """Folders of Python, one a line, which are long to search."""
    private: str
    """What there is of this machine's own, one a line, that must not be there at all."""
    variables: str
    """Names of all the variables that should be set, one a line."""
    parent: int
    """Number of a process on the host."""
    doomed: int
    """Number of another one, that nobody will miss."""
    proxy: int
    """Port of the sandbox's own at which its proxy listens, where it has one."""
    tcp4: int
    tcp6: int
    udp4: int
    udp6: int
    abstract: str
    x11: str
    terminal: str
    segment: int
    """Id of a System V shared memory segment; -1 where there are none."""
    key: str
    """Description of a key in the session's keyring; empty where there is none."""

    def __init__(self, values: dict[str, str | int]) -> None:
        self.__dict__.update(values)

    def victim(self, name: str) -> str:
        """A file that the probe `name` alone may go for; outside it is seen to have changed."""
        return f"{self.root}/victims/{name}"


class UntriedError(Exception):
    """This cannot be tried here; the message says why."""


def checked(result: int) -> int:
    """The result of a C function. Raises OSError where it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def call(name: str | int, *words: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """A system call by name or number. Raises OSError, UntriedError on an unknown machine."""
    number = name if isinstance(name, int) else CALLS.get(os.uname().machine, {}).get(name)
    if number is None:
        raise UntriedError(f"the number of {name} is not known on {os.uname().machine}")
    long = [ctypes.c_long(word) if isinstance(word, int) else word for word in words]
    return checked(libc.syscall(ctypes.c_long(number), *long))


def said(path: str) -> str:
    """What a planted file says: proof that it could be read."""
    with open(path, "rb") as file:
        return f"{path} says {file.read(24)!r}"


def wrote(path: str, mark: str) -> str:
    """Nothing: whether a write came through is seen outside, by the mark it leaves."""
    with open(path, "a") as file:
        file.write(f"{mark}\n")
    return ""


def outcome(probe: object, plants: Plants) -> tuple[str, str]:
    """How one probe ended, and what it has to show for it."""
    assert callable(probe)
    try:
        shown = probe(plants)
    except OSError as error:
        return HELD, error.strerror or str(error)
    except UntriedError as error:
        return UNTRIED, str(error)
    except Exception as error:  # a fault of the probe's own must not pass for a sandbox that held
        return UNTRIED, f"the probe is at fault: {error!r}"
    return (ESCAPED, shown) if shown else (HELD, "")


def tell(name: str, how: str, shown: str) -> None:
    """One line for outside."""
    line = f"{name}\t{how}\t{ascii(shown)[1:-1][:300]}\n"
    os.write(1, line.encode())


def alone(name: str, probe: object, plants: Plants) -> None:
    """Run a probe in a process of its own: one that changes or ends itself spoils no other."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST)
        tell(name, *outcome(probe, plants))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == signal.SIGALRM:
        tell(name, UNTRIED, f"it took more than {LONGEST} s")
    elif status:
        tell(name, HELD, f"the probe was ended: {os.waitstatus_to_exitcode(status)}")


def main(plants: Plants, names: list[str], probes: dict[str, object], *, apart: bool) -> None:
    """Run the probes of these names; `apart` each in a process of its own."""
    sys.stdout.flush()
    for name in names:
        if apart:
            alone(name, probes[name], plants)
        else:
            tell(name, *outcome(probes[name], plants))
