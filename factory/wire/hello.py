"""Who answers on the socket, and what it speaks."""

from __future__ import annotations

from factory.model import Struct

PROTOCOL = 1
"""Raised when a client and an engine of different versions could misunderstand each other."""


class Hello(Struct):
    """Who answers on the socket."""

    protocol: int
    version: str
    pid: int
    repository: str
    path_variable: str = ""
    keys: tuple[str, ...] = ()
    """Names (never values) of the credentials that the engine found at its start."""
