"""Probes of other processes, and of what a process has by inheritance."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal

from factory.sandbox.escapes.inside import Plants, UntriedError, call, checked, libc, said

QUICK = (
    "processes_listed",
    "capabilities",
    "new_privileges",
    "inherited_descriptors",
    "environment_variables",
)
GRANTED: dict[str, tuple[str, ...]] = {}
_SEIZE = 0x4206


def _numbers() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _other(at: Plants) -> int:
    """The planted process. Raises OSError where one of ours in here has its number."""
    try:
        with open(f"/proc/{at.parent}/cmdline", "rb") as file:
            theirs = b"factory-planted" in file.read()
    except OSError:
        return at.parent
    if not theirs:
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    return at.parent


def _status(field: str) -> str:
    with open("/proc/self/status") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name == field:
                return value.strip()
    raise UntriedError(f"this kernel does not say {field}")


def processes_listed(at: Plants) -> str:
    """see processes of the host"""
    seen = len(_numbers())
    return f"{seen} processes" if seen > 8 else ""


def command_lines(at: Plants) -> str:
    """find another program by its command line"""
    for number in _numbers():
        with open(f"/proc/{number}/cmdline", "rb") as file:
            if b"factory-planted" in file.read():
                return f"process {number}"
    return ""


def other_environment(at: Plants) -> str:
    """read a key in another program's environment"""
    for number in _numbers() if at.contained else [at.parent]:
        try:
            with open(f"/proc/{number}/environ", "rb") as file:
                if b"FACTORY_PLANTED" in file.read():
                    return f"the environment of {number}"
        except PermissionError:
            continue
    return ""


def root_of_a_process(at: Plants) -> str:
    """read through another process's root"""
    return said(f"/proc/{_other(at)}/root{at.home}/.ssh/id_ed25519")


def root_of_process_1(at: Plants) -> str:
    """read through the root of process 1"""
    if not at.contained:
        raise UntriedError("it would be the machine's init")
    return said(f"/proc/1/root{at.home}/.ssh/id_ed25519")


def folder_of_a_process(at: Plants) -> str:
    """read through another process's folder"""
    return said(f"/proc/{_other(at)}/cwd/factory-planted")


def descriptor_of_a_process(at: Plants) -> str:
    """open what another process has open"""
    return said(f"/proc/{_other(at)}/fd/0")


def descriptor_taken(at: Plants) -> str:
    """take a descriptor out of another process"""
    process = os.pidfd_open(_other(at))
    return f"descriptor {call(438, process, 0, 0)}"


def memory_of_a_process(at: Plants) -> str:
    """open another process's memory"""
    os.close(os.open(f"/proc/{_other(at)}/mem", os.O_RDWR))
    return f"the memory of {at.parent}"


def traced(at: Plants) -> str:
    """trace another process"""
    checked(libc.ptrace(_SEIZE, _other(at), None, None))
    return f"process {at.parent} is traced"


def process_1_traced(at: Plants) -> str:
    """trace process 1, on which the end of the sandbox hangs"""
    if not at.contained:
        raise UntriedError("it would trace the machine's init")
    checked(libc.ptrace(_SEIZE, 1, None, None))
    return "process 1 is traced"


def process_1_written(at: Plants) -> str:
    """write the memory of process 1"""
    if not at.contained:
        raise UntriedError("it would be the machine's init")
    for path in ("/proc/1/mem", "/proc/1/task/1/mem"):
        try:
            os.close(os.open(path, os.O_RDWR))
        except OSError:
            continue
        return path
    place = ctypes.create_string_buffer(16)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(place), 0)
    checked(libc.process_vm_writev(1, local, 1, local, 1, 0))
    return "process 1 is written"


def killed(at: Plants) -> str:
    """kill another process"""
    os.kill(at.doomed, signal.SIGKILL)
    return ""


def slowed(at: Plants) -> str:
    """change another process's priority"""
    os.setpriority(os.PRIO_PROCESS, _other(at), 5)
    return f"the priority of {at.parent}"


def limits_changed(at: Plants) -> str:
    """read another process's limits"""
    limits = resource.prlimit(_other(at), resource.RLIMIT_NOFILE)
    return f"{at.parent} may open {limits[0]} files"


def namespaces_joined(at: Plants) -> str:
    """join another process's namespaces"""
    names = os.open(f"/proc/{_other(at)}/ns/ipc", os.O_RDONLY)
    checked(libc.setns(names, 0))
    return f"the namespace of {at.parent}"


def capabilities(at: Plants) -> str:
    """have capabilities, or be able to get some"""
    sets = ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")
    found = [f"{name} {value}" for name in sets if int(value := _status(name), 16)]
    return ", ".join(found)


def new_privileges(at: Plants) -> str:
    """gain rights by a setuid program"""
    return "" if _status("NoNewPrivs") == "1" else "setuid programs give their rights"


def became_root(at: Plants) -> str:
    """become root"""
    os.setuid(0)
    return f"user {os.getuid()}"


def groups_changed(at: Plants) -> str:
    """join the group of those who may read disks"""
    os.setgroups([6])
    return f"groups {os.getgroups()}"


def inherited_descriptors(at: Plants) -> str:
    """use what was left open"""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            leads = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the one that lists them
        own = leads.startswith(("pipe:", "/run/stdin", "/dev/null")) or "memfd:factory" in leads
        if int(name) > 2 or not own:
            found.append(f"{name} leads to {leads}")
    return ", ".join(found)


def environment_variables(at: Plants) -> str:
    """find variables of the host's"""
    return ", ".join(sorted(set(os.environ) - set(at.variables.splitlines())))


def shared_memory(at: Plants) -> str:
    """read shared memory of other programs"""
    if at.segment < 0:
        raise UntriedError("there is no shared memory of that kind here")
    libc.shmat.restype = ctypes.c_ssize_t
    place = checked(libc.shmat(at.segment, None, 0o10000))
    return f"it says {ctypes.string_at(place, 15)!r}"


def wrote_to_a_terminal(at: Plants) -> str:
    """draw on the developer's terminal"""
    terminal = os.open(at.terminal, os.O_WRONLY | os.O_NOCTTY)
    os.write(terminal, b"wrote_to_a_terminal\n")
    return at.terminal


def typed_into_a_terminal(at: Plants) -> str:
    """type into the developer's terminal"""
    for name in ("/dev/tty", at.terminal) if at.contained else (at.terminal,):
        try:
            terminal = os.open(name, os.O_RDWR)
        except OSError:
            continue
        checked(libc.ioctl(terminal, 0x5412, b"#"))
        return name
    return ""
