"""What a program asks a proxy for: the head of its request, read strictly. Pure.

CONNECT for all that is encrypted, and plain HTTP with the whole address in the first line.
"""

from __future__ import annotations

import re

from factory.hosts import Place, place
from factory.model import Struct

_METHOD = re.compile(r"[A-Z][A-Z_-]{0,31}")
_ADDRESS = re.compile(r"http://([^/?#\\@]*)((?:[/?][\x21-\x7e]*)?)", re.IGNORECASE)
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*")
_OURS = ("connection", "host", "keep-alive", "upgrade")
"""Fields that are between a program and its proxy."""


class Asked(Struct):
    """A request for a host."""

    place: Place
    tunnel: bool
    head: bytes = b""
    """What the host is sent first, where it is no tunnel."""


class UnreadableError(Exception):
    """The request is none that this proxy knows; the message says why."""


def read(data: bytes) -> Asked:
    """A head, up to and with the empty line. Raises UnreadableError."""
    lines = data.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = (*lines[0].split(" "), "", "", "")[:3]
    if lines[0].count(" ") != 2 or not _METHOD.fullmatch(method):
        raise UnreadableError("this is no HTTP request")
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise UnreadableError("only HTTP/1.1 is known here")
    if method == "CONNECT":
        return Asked(place=_place(target, port=0), tunnel=True)
    address = _ADDRESS.fullmatch(target)
    if address is None:
        raise UnreadableError("the first line needs a whole address that begins with http://")
    asked = _place(address[1], port=80)
    path = address[2] if address[2].startswith("/") else "/" + address[2]
    kept = [line for line in lines[1:] if _kept(line)]
    host = str(Place(host=asked.host, port=0 if asked.port == 80 else asked.port))
    head = [f"{method} {path} {version}", f"Host: {host}", *kept, "Connection: close", "", ""]
    return Asked(place=asked, tunnel=False, head="\r\n".join(head).encode("latin-1"))


def _place(text: str, port: int) -> Place:
    found = place(text)
    if found is None or not (found.port or port):
        raise UnreadableError("what it asks for is no host with a port")
    return Place(host=found.host, port=found.port or port)


def _kept(line: str) -> bool:
    field = _FIELD.fullmatch(line)
    if field is None:
        raise UnreadableError("a line of its head is no field")
    name = field[1].lower()
    return name not in _OURS and not name.startswith("proxy-")


def answer(code: int, reason: str, sentence: str = "") -> bytes:
    """A response of the proxy's own, after which it hangs up."""
    body = f"{sentence}\n".encode()
    return (
        f"HTTP/1.1 {code} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body
