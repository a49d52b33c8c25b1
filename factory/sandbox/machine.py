"""Facts of this machine that a sandbox rests on."""

from __future__ import annotations

import ctypes
import functools
import os
import re
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from factory.model import Struct

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TOP = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "os-release",
    "pki/ca-trust/extracted",
    "pki/tls/cert.pem",
    "pki/tls/certs",
    "pki/tls/openssl.cnf",
    "protocols",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
)
_ETC_NETWORK = ("gai.conf", "nsswitch.conf", "resolv.conf")


class Machine(Struct):
    """What the arguments rest on besides the profile: facts of the host."""

    bubblewrap: str = ""
    """Path of the bwrap program; empty where there is none."""
    links: tuple[tuple[str, str], ...] = ()
    """Top-level folders that are symlinks, such as /bin: `(path, target)`."""
    system: tuple[str, ...] = ()
    """What exists of the toolchain: top-level folders and parts of /etc."""
    network: tuple[str, ...] = ()
    """What exists of the parts of /etc that only a program with the network needs."""
    python: tuple[str, ...] = ()
    """Folders of the Python that runs this, where they lie outside the toolchain."""
    programs: str = ""
    """Folder of the programs installed beside factory-tui, ruff and pytest among them."""
    hosts: str = ""
    """The host's /etc/hosts."""
    shell: str = "/bin/sh"
    prlimit: str = ""
    """Path of the prlimit program; empty where there is none."""
    nice: str = ""
    """Path of the nice program; empty where there is none."""
    most: tuple[tuple[str, int], ...] = ()
    """Hard limits of this process, by prlimit's names, where it has any."""
    architecture: str = ""
    """As `uname -m` says it."""
    proc: tuple[str, ...] = ()
    """Parts of /proc that are the whole machine's and could be written."""
    scopes: bool = False
    """Whether the kernel can keep a program from sockets that have a name and no file."""
    memory: int = 0
    """Bytes of main memory; 0 where that is not known."""
    nsenter: str = ""
    """Path of nsenter where it is needed: for root, and a kernel that counts the processes of a
    namespace (Linux 6.14). On an older one the same setting is the whole machine's."""
    root: bool = False
    """Whether this is root, whom the kernel lets have any number of processes."""


def facts(bubblewrap: Path | None) -> Machine:
    """The facts of this machine: some hundred `stat` calls, no process."""
    top = [Path(name) for name in _TOP if Path(name).exists()]
    etc = [Path("/etc", name) for name in _ETC]
    hosts = Path("/etc/hosts")
    return Machine(
        bubblewrap=str(bubblewrap or ""),
        architecture=os.uname().machine,
        proc=tuple(_shared_proc()),
        scopes=_scopes(),
        links=tuple((str(path), str(path.readlink())) for path in top if path.is_symlink()),
        system=tuple(
            str(p) for p in (*top, *etc) if p.exists() and not (p in top and p.is_symlink())
        ),
        network=tuple(str(p) for name in _ETC_NETWORK if (p := Path("/etc", name)).exists()),
        python=_python(Path.home()),
        programs=str(Path(sys.prefix, "bin")),
        hosts=hosts.read_text(errors="replace") if hosts.exists() else "",
        shell=shutil.which("bash", path=_PATH) or "/bin/sh",
        prlimit=shutil.which("prlimit", path=_PATH) or "",
        nice=shutil.which("nice", path=_PATH) or "",
        most=_hard_limits(),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        nsenter=_nsenter(),
        root=os.geteuid() == 0,
    )


def _python(home: Path) -> tuple[str, ...]:
    """The running environment and the Python under it; never the home or a folder above it."""
    real = Path(sys.executable).resolve().parent.parent
    folders = {Path(sys.prefix), Path(sys.base_prefix), real}
    return tuple(
        str(folder)
        for folder in sorted(folders)
        if not folder.is_relative_to("/usr")
        and not any(place.is_relative_to(folder) for place in (home, home.resolve()))
    )


def _hard_limits() -> tuple[tuple[str, int], ...]:
    names = {
        "nproc": resource.RLIMIT_NPROC,
        "fsize": resource.RLIMIT_FSIZE,
        "data": resource.RLIMIT_DATA,
        "nofile": resource.RLIMIT_NOFILE,
    }
    hard = {name: resource.getrlimit(number)[1] for name, number in names.items()}
    return tuple((name, most) for name, most in hard.items() if most != resource.RLIM_INFINITY)


def _shared_proc() -> Iterator[str]:
    """Parts of /proc that are of no process and that somebody may write."""
    try:
        entries = list(os.scandir("/proc"))
    except OSError:
        return
    for entry in entries:
        if entry.name.isdigit() or entry.is_symlink():
            continue
        if entry.is_dir() or entry.stat().st_mode & 0o222:
            yield entry.path


def _nsenter() -> str:
    release = re.match(r"(\d+)\.(\d+)", os.uname().release)
    counts = release is not None and (int(release[1]), int(release[2])) >= (6, 14)
    if not counts or os.geteuid() != 0:
        return ""
    return shutil.which("nsenter", path=_PATH) or ""


@functools.cache
def _scopes() -> bool:
    """Whether the kernel has Landlock in its sixth form (Linux 6.12)."""
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    version: int = library.syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    return version >= 6
