"""The filter of system calls that every sandbox has, as the kernel takes it. Pure.

Namespaces do not hold everything: keyrings, io_uring and the sockets between a virtual machine and
its host belong to none. What is refused here no build or test needs; the rest stays as it is.
"""

from __future__ import annotations

import struct

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
"""System calls of x86's third kind have this bit."""
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_UNIX, _INTERNET, _INTERNET_6, _NETLINK = 1, 2, 10, 16
_TYPE_IN, _CONSOLE = 0x5412, 0x541C
"""The ioctls TIOCSTI and TIOCLINUX, with which one types into a terminal."""

# Numbers on x86_64 and on aarch64; from 424 on they are the same everywhere.
_REFUSED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "userfaultfd": (323, 282),
}
_UNKNOWN = (425, 426, 427)
"""io_uring: programs are told that this kernel has none, and do without."""
_SOCKET = {"x86_64": 41, "aarch64": 198}
_SOCKETPAIR = {"x86_64": 53, "aarch64": 199}
_IOCTL = {"x86_64": 16, "aarch64": 29}
_PROCESS = {
    "ptrace": ((101, 117), 1),
    "process_vm_readv": ((310, 270), 0),
    "process_vm_writev": ((311, 271), 0),
    "pidfd_open": ((434, 434), 0),
}
"""Calls that reach into a process, and which argument is its number."""

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, number."""


def program(architecture: str, *, unix: bool = True) -> bytes:
    """The filter for a machine, by `uname -m`; empty for a machine whose numbers are not known.

    Without `unix` no socket of the family AF_UNIX can be made; pairs of them can.
    """
    if architecture not in _ARCHITECTURES:
        return b""
    column = list(_ARCHITECTURES).index(architecture)
    lines = _only(architecture)
    for numbers in _REFUSED.values():
        lines += _where(numbers[column], [_fail(_EPERM)])
    for number in _UNKNOWN:
        lines += _where(number, [_fail(_ENOSYS)])
    for numbers, argument in _PROCESS.values():
        lines += _where(numbers[column], _unless(argument, (1,), _EPERM))
    lines += _where(_IOCTL[architecture], _unless(1, (_TYPE_IN, _CONSOLE), _EPERM))
    families = (_UNIX, _INTERNET, _INTERNET_6, _NETLINK)[0 if unix else 1 :]
    lines += _where(_SOCKET[architecture], _only_if(0, families, _EAFNOSUPPORT))
    lines += _where(_SOCKETPAIR[architecture], _only_if(0, (_UNIX,), _EAFNOSUPPORT))
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _only(architecture: str) -> list[Instruction]:
    """System calls in another machine's numbers do not exist; afterwards the number is loaded."""
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _ARCHITECTURES[architecture]),
        _fail(_ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if architecture == "x86_64":
        lines += [(_AT_LEAST, 0, 1, _X32), _fail(_ENOSYS)]
    return lines


def _where(number: int, lines: list[Instruction]) -> list[Instruction]:
    """Lines for one system call; they return."""
    return [(_EQUAL, 0, len(lines), number), *lines]


def _unless(argument: int, values: tuple[int, ...], error: int) -> list[Instruction]:
    """Allow it unless an argument is one of the values."""
    return _by(argument, values, _fail(error), (_RETURN, 0, 0, _ALLOW))


def _only_if(argument: int, values: tuple[int, ...], error: int) -> list[Instruction]:
    """Refuse it unless an argument is one of the values."""
    return _by(argument, values, (_RETURN, 0, 0, _ALLOW), _fail(error))


def _by(
    argument: int, values: tuple[int, ...], found: Instruction, other: Instruction
) -> list[Instruction]:
    lines: list[Instruction] = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument)]
    for value in values:
        lines += [(_EQUAL, 0, 1, value), found]
    return [*lines, other]


def _fail(error: int) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | error)
