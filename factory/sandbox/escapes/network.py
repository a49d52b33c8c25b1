"""Probes of the network and of sockets. They reach for the loopback and for test networks alone."""

from __future__ import annotations

# The module behind `socket`, which takes 7 ms to load.
import _socket as socket
import errno
import os

from factory.sandbox.escapes.inside import Plants, UntriedError

QUICK = ("loopback", "route_out", "machine_socket", "engine_socket")
_OPEN = ("setup", "cli")
GRANTED = dict.fromkeys(
    ("loopback", "loopback_6", "datagram", "datagram_6", "name_asked", "connected_out", "route_out",
     "route_out_6", "echo_out", "interfaces", "listeners", "asked_for"),
    _OPEN,
)  # fmt: skip
"""With the network, what is on the network can be reached; what is beside it cannot."""
_FAR, _FAR_6 = "198.51.100.1", "2001:db8::1"
"""Of the networks that are for examples: nobody is there."""


def _sends(family: int, kind: int, address: str | tuple[str, int], text: str) -> str:
    """Connect and say something; outside it is heard."""
    line = socket.socket(family, kind, 0)
    line.settimeout(1)
    line.connect(address)
    line.send(text.encode())
    line.close()
    return str(address)


def _route(family: int, kind: int, number: int, host: str) -> str:
    """Whether there is a way to a host. A datagram's `connect` sends nothing."""
    line = socket.socket(family, kind, number)
    line.connect((host, 9))
    return f"there is a way to {host}"


def loopback(at: Plants) -> str:
    """connect to a server on the host's loopback"""
    return _sends(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", at.tcp4), "loopback")


def loopback_6(at: Plants) -> str:
    """connect to a server on the host's loopback, by IPv6"""
    if not at.tcp6:
        raise UntriedError("there is no IPv6 here")
    return _sends(socket.AF_INET6, socket.SOCK_STREAM, ("::1", at.tcp6), "loopback_6")


def datagram(at: Plants) -> str:
    """send a datagram to the host's loopback"""
    _sends(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", at.udp4), "datagram")
    return ""


def datagram_6(at: Plants) -> str:
    """send a datagram to the host's loopback, by IPv6"""
    if not at.udp6:
        raise UntriedError("there is no IPv6 here")
    _sends(socket.AF_INET6, socket.SOCK_DGRAM, ("::1", at.udp6), "datagram_6")
    return ""


def name_asked(at: Plants) -> str:
    """carry something out as a question for a name"""
    label = b"name_asked"
    question = b"\0\1\1\0\0\1\0\0\0\0\0\0" + bytes([len(label)]) + label + b"\0\0\1\0\1"
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 0)
    line.sendto(question, ("127.0.0.1", at.udp4))
    return ""


def connected_out(at: Plants) -> str:
    """connect to a host outside"""
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    line.setblocking(False)
    number = line.connect_ex((_FAR, 9))
    line.close()
    return f"{_FAR} is being called" if number == errno.EINPROGRESS else ""


def route_out(at: Plants) -> str:
    """find a way to a host outside"""
    return _route(socket.AF_INET, socket.SOCK_DGRAM, 0, _FAR)


def route_out_6(at: Plants) -> str:
    """find a way to a host outside, by IPv6"""
    return _route(socket.AF_INET6, socket.SOCK_DGRAM, 0, _FAR_6)


def echo_out(at: Plants) -> str:
    """send an ICMP echo outside"""
    return _route(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP, _FAR)


def interfaces(at: Plants) -> str:
    """find a network interface"""
    return ", ".join(name for _number, name in socket.if_nameindex() if name != "lo")


def listeners(at: Plants) -> str:
    """see what listens on the host"""
    with open("/proc/net/tcp") as file:
        wanted = f":{at.tcp4:04X} "
        return f"port {at.tcp4}" if any(wanted in line for line in file) else ""


def raw_socket(at: Plants) -> str:
    """open a raw socket"""
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    return "a raw socket"


def packet_socket(at: Plants) -> str:
    """listen in on the machine's packets"""
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    return "a packet socket"


def machine_socket(at: Plants) -> str:
    """open a socket to the machine's host (vsock), which no network namespace holds"""
    if not at.contained and not os.path.exists("/dev/vsock"):
        raise UntriedError("there is none here")
    socket.socket(40, socket.SOCK_STREAM, 0).close()
    return "a socket to the host"


def crypto_socket(at: Plants) -> str:
    """open a socket of a family that programs do not need (the kernel's cryptography)"""
    socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0).close()
    return "a socket to the kernel"


# --- sockets that are files ----------------------------------------------------------------


def _local(path: str, name: str) -> str:
    return _sends(socket.AF_UNIX, socket.SOCK_STREAM, path, name)


def engine_socket(at: Plants) -> str:
    """accept its own change, on the engine's socket"""
    return _local(f"{at.state}/engine.sock", "engine_socket")


def docker_socket(at: Plants) -> str:
    """start a container, on Docker's socket"""
    return _local(f"{at.root}/run/docker.sock", "docker_socket")


def key_agent(at: Plants) -> str:
    """have something signed by the SSH agent"""
    return _local(f"{at.root}/run/ssh-agent", "key_agent")


def session_bus(at: Plants) -> str:
    """start a program outside by the session's bus (systemd-run --user)"""
    return _local(f"{at.root}/run/user/bus", "session_bus")


def system_manager(at: Plants) -> str:
    """start a program outside by systemd's own socket"""
    return _local(f"{at.root}/run/systemd/private", "system_manager")


def display(at: Plants) -> str:
    """type and look on the developer's screen (X11)"""
    return _local(f"{at.root}/run/.X11-unix/X0", "display")


def multiplexer(at: Plants) -> str:
    """type into the developer's tmux"""
    return _local(f"{at.root}/run/tmux/default", "multiplexer")


def abstract_socket(at: Plants) -> str:
    """connect to a socket that has a name and no file"""
    return _local(f"\0{at.abstract}", "abstract_socket")


def abstract_display(at: Plants) -> str:
    """type and look on the developer's screen, by X11's socket without a file"""
    return _local(f"\0{at.x11}", "abstract_display")


def abstract_datagram(at: Plants) -> str:
    """send a datagram to a socket that has a name and no file"""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM, 0)
    line.sendto(b"abstract_datagram", f"\0{at.abstract}-datagram")
    return at.abstract


def asked_for(at: Plants) -> str:
    """ask the proxy of its own network for a server on the host's loopback"""
    if not at.contained:
        raise UntriedError("there is none here")
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    line.settimeout(2)
    line.connect(("127.0.0.1", at.proxy))
    line.send(f"CONNECT 127.0.0.1:{at.tcp4} HTTP/1.1\r\n\r\n".encode())
    said = line.recv(100)
    line.send(b"asked_for")
    return "the proxy called it" if b" 200 " in said else ""
