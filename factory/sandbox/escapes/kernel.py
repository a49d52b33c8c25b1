"""Probes of the kernel: what it could be asked for besides files and processes."""

from __future__ import annotations

import ctypes
import os
import stat

from factory.sandbox.escapes.inside import Plants, UntriedError, call, checked, libc

QUICK = ("user_namespace", "kernel_settings", "devices")
GRANTED: dict[str, tuple[str, ...]] = {}
_NEW_MOUNTS, _NEW_USERS = 0x20000, 0x10000000
_DEVICES = frozenset(
    ("console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
     "stdout", "tty", "urandom", "zero")
)  # fmt: skip
"""What every sandbox has in /dev."""
_SETTINGS = (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/hotplug",
    "/proc/sys/kernel/randomize_va_space",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/sys/net/ipv4/ip_forward",
    "/sys/kernel/uevent_helper",
)


def _opens(paths: tuple[str, ...], flags: int) -> str:
    """The first of them that opens. Nothing is written."""
    for path in paths:
        try:
            os.close(os.open(path, flags))
        except OSError:
            continue
        return path
    return ""


def user_namespace(at: Plants) -> str:
    """make a user namespace, and be root in it"""
    checked(libc.unshare(_NEW_USERS))
    return "a namespace of its own"


def mount_namespace(at: Plants) -> str:
    """make a mount namespace"""
    checked(libc.unshare(_NEW_MOUNTS))
    return "a namespace of its own"


def mounted(at: Plants) -> str:
    """mount a file system"""
    _apart(at)
    checked(libc.mount(b"none", os.fsencode(at.tree), b"tmpfs", 0, None))
    return at.tree


def mounted_in_the_new_way(at: Plants) -> str:
    """take a copy of a mount into one's hands"""
    return f"descriptor {call(428, -100, os.fsencode(at.tree), 1)}"


def mounted_again(at: Plants) -> str:
    """mount a read-only folder again, writable"""
    if not at.contained:
        raise UntriedError("nothing is mounted read-only here")
    for path in (*at.system.splitlines(), at.history):
        if libc.mount(None, os.fsencode(path), None, 0x1020, None) == 0:
            return path
    return ""


def uncovered(at: Plants) -> str:
    """take away a mount that covers something"""
    if not at.contained:
        raise UntriedError("nothing is covered here")
    covers = (f"{at.tree}/.git", "/proc/sys", "/dev/pts", "/tmp", at.tree)
    for path in covers:
        if libc.umount2(os.fsencode(path), 2) == 0:
            return path
    return ""


def new_root(at: Plants) -> str:
    """change the root folder"""
    os.chroot(at.tree)
    return at.tree


def _apart(at: Plants) -> None:
    """What is mounted in the negative control must show in this process alone."""
    if not at.contained:
        checked(libc.unshare(_NEW_MOUNTS))
        checked(libc.mount(b"none", b"/", None, 0x44000, None))


def device_node(at: Plants) -> str:
    """make a device"""
    os.mknod(f"{at.tree}/device", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    os.close(os.open(f"{at.tree}/device", os.O_RDONLY))
    return f"{at.tree}/device"


def devices(at: Plants) -> str:
    """find devices of the machine"""
    return " ".join(sorted(set(os.listdir("/dev")) - _DEVICES))


def kernel_memory(at: Plants) -> str:
    """open the kernel's or the machine's memory"""
    return _opens(("/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"), os.O_RDONLY)


def kernel_settings(at: Plants) -> str:
    """open the kernel's settings for writing, the program for core dumps among them"""
    return _opens(_SETTINGS, os.O_WRONLY)


def kernel_switches(at: Plants) -> str:
    """write anything in /proc that is not of a process"""
    if not at.contained:
        return _opens(("/proc/sysrq-trigger", "/proc/mtrr"), os.O_WRONLY)
    for top in os.listdir("/proc"):
        if top.isdigit() or os.path.islink(f"/proc/{top}"):
            continue
        for folder, _names, files in os.walk(f"/proc/{top}"):
            if found := _opens(tuple(f"{folder}/{name}" for name in files), os.O_WRONLY):
                return found
        if found := _opens((f"/proc/{top}",), os.O_WRONLY):
            return found
    return ""


def kernel_objects(at: Plants) -> str:
    """see the kernel's objects in /sys"""
    return " ".join(os.listdir("/sys"))


def control_groups(at: Plants) -> str:
    """change a control group"""
    with open("/proc/self/mountinfo") as file:
        mounts = [line.split() for line in file]
    for words in mounts:
        if words[words.index("-") + 1] in ("cgroup", "cgroup2"):
            folder = words[4]
            if found := _opens((f"{folder}/cgroup.procs",), os.O_WRONLY):
                return found
    return ""


def kernel_log(at: Plants) -> str:
    """read the kernel's log"""
    return f"{checked(libc.klogctl(10, None, 0))} bytes of it"


def module_loaded(at: Plants) -> str:
    """load a kernel module"""
    try:
        call("finit_module", -1, b"", 0)
    except OSError as error:
        if error.errno == 9:  # the descriptor was looked at: it would be allowed
            return "a module would be loaded"
        raise
    return ""


def keyring(at: Plants) -> str:
    """read a key of the developer's session"""
    if not at.key:
        raise UntriedError("there are no keyrings here")
    number = call("keyctl", 10, -3, b"user", at.key.encode(), 0)
    said = ctypes.create_string_buffer(64)
    call("keyctl", 11, number, said, 64)
    return f"it says {said.value!r}"


def key_added(at: Plants) -> str:
    """leave a key in the developer's keyring"""
    return f"key {call('add_key', b'user', b'factory-escape', b'x', 1, -3)}"


def io_ring(at: Plants) -> str:
    """have system calls made by io_uring, past every filter"""
    return f"descriptor {call(425, 4, ctypes.create_string_buffer(120))}"


def kernel_program(at: Plants) -> str:
    """give the kernel a table for programs of one's own (bpf)"""
    table = (2).to_bytes(4, "little") + (4).to_bytes(4, "little") * 2 + (1).to_bytes(4, "little")
    table = table.ljust(72, b"\0")
    return f"descriptor {call('bpf', 0, table, len(table))}"


def measured(at: Plants) -> str:
    """measure the machine (perf_event_open)"""
    wanted = (1).to_bytes(4, "little") + (112).to_bytes(4, "little")
    wanted = wanted.ljust(112, b"\0")
    return f"descriptor {call('perf_event_open', wanted, 0, -1, -1, 0)}"


def faults_handled(at: Plants) -> str:
    """hold up the kernel at will (userfaultfd)"""
    return f"descriptor {call('userfaultfd', 0)}"


def watched(at: Plants) -> str:
    """be told what the developer does in their home (inotify)"""
    watch = checked(libc.inotify_init1(0))
    checked(libc.inotify_add_watch(watch, os.fsencode(at.home), 0xFFF))
    return at.home


def run_from_memory(at: Plants) -> str:
    """run a program that no file holds, and read a key with it"""
    with open("/bin/cat", "rb") as file:
        program = file.read()
    memory = os.memfd_create("program")
    os.write(memory, program)
    read, write = os.pipe()
    if os.fork() == 0:
        os.dup2(write, 1)
        os.execve(memory, ["cat", f"{at.home}/.ssh/id_ed25519"], {})
    os.close(write)
    os.wait()
    return os.read(read, 40).decode(errors="replace")
