"""A first program inside, for a sandbox that reaches granted hosts: `ears.py LINE PORTS PROGRAM …`.

It listens on ports of the sandbox's own loopback, hands these ears over to the engine on the
descriptor LINE, waits for its word, closes all of them and becomes the program. From then on who
connects to such a port is heard outside, and nothing of ours is left inside. It is started from its
source with `python -I -S -c` and ends with 1 where nobody listens at the other end of the line.
"""

from __future__ import annotations

# The modules behind `socket` and `os`: those two, and `typing`, take longer to load than all this.
import _socket as socket
import posix
import sys

_WAITING = 128
"""Connections that may wait at one port."""


def main() -> None:
    """Become the program in the arguments, a whole path first.

    PORTS is the proxy's port and those of servers, with commas.
    """
    line = socket.socket(fileno=int(sys.argv[1]))
    ports = [int(port) for port in sys.argv[2].split(",")]
    ears = [_ear(socket.AF_INET, "127.0.0.1", port) for port in ports]
    for port in ports[1:]:
        try:
            ears.append(_ear(socket.AF_INET6, "::1", port))
        except OSError:  # a kernel without IPv6
            break
    numbers = b"".join(ear.fileno().to_bytes(4, sys.byteorder) for ear in ears)
    line.sendmsg([b"ears"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
    if not line.recv(1):
        sys.exit("the network that was granted has ended; start the attempt again")
    for opened in (line, *ears):
        opened.close()
    posix.execv(sys.argv[3], sys.argv[3:])


def _ear(family: int, host: str, port: int) -> socket.socket:
    ear = socket.socket(family, socket.SOCK_STREAM, 0)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    ear.bind((host, port))
    ear.listen(_WAITING)
    return ear


if __name__ == "__main__":
    main()
