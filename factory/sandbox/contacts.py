"""Where a program went: each contact a line of a file, all of them a sentence."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec.structs import replace

from factory.hosts import Place
from factory.model import Struct

FILE = "contacts.jsonl"
MOST = 20_000
"""Contacts that a file holds; what comes after them is only counted."""
_HOSTS = 1_000
_SHOWN = 12
_TOLD = 8
_OTHERS = "other hosts"


class Contact(Struct):
    """One time that a program reached for a host. Each stands on disk before the host is called."""

    number: int
    """Of the same number the newest line counts: how it ended."""
    at: float
    host: str
    """In small letters; empty where what it asked for was no host."""
    port: int
    allowed: bool
    why: str = ""
    """Why it was refused, or how it failed."""
    sent: int = 0
    """Bytes out of the sandbox."""
    received: int = 0
    seconds: float | None = None
    """None where it had not ended when the engine did."""


class Tally(Struct):
    """What one host was asked for, all in all."""

    place: str
    allowed: bool
    times: int = 0
    bytes: int = 0


class Record:
    """The contacts of one grant, appended to the file of an attempt."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], float],
        refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`refused` hears once of each of the first places. Raises OSError: no file."""
        self._now = now
        self._refused = refused
        self._told: set[str] = set()
        self._number = max((one.number for one in read(path)), default=0)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o600)
        self._tallies: dict[tuple[str, bool], Tally] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def begin(self, place: Place) -> Open:
        """A host is about to be called. Raises OSError where that cannot be written."""
        return Open(self, self._write(self._new(place, allowed=True)))

    def refuse(self, place: Place, why: str) -> None:
        """A host was refused. Raises OSError where that cannot be written."""
        contact = self._write(replace(self._new(place, allowed=False), why=why, seconds=0.0))
        self._count(contact)
        name = str(place)
        if place.host and name not in self._told and len(self._told) < _TOLD:
            self._told.add(name)
            self._refused(f"{name}: {why}")

    def end(self, contact: Contact) -> None:
        """A contact is over. Raises OSError where that cannot be written."""
        self._count(contact)
        self._write(contact)

    def summary(self) -> str:
        """Where the program went, in a sentence."""
        return summary(tuple(self._tallies.values()))

    def _new(self, place: Place, *, allowed: bool) -> Contact:
        self._number += 1
        return Contact(
            number=self._number, at=self._now(), host=place.host, port=place.port, allowed=allowed
        )

    def _write(self, contact: Contact) -> Contact:
        if contact.number <= MOST:
            os.write(self._file, msgspec.json.encode(contact) + b"\n")
        return contact

    def _count(self, contact: Contact) -> None:
        name = str(Place(host=contact.host, port=contact.port if contact.port != 443 else 0))
        name = name if contact.host else "what is no host"
        if (name, contact.allowed) not in self._tallies and len(self._tallies) >= _HOSTS:
            name = _OTHERS
        tally = self._tallies.get(
            (name, contact.allowed), Tally(place=name, allowed=contact.allowed)
        )
        self._tallies[name, contact.allowed] = replace(
            tally,
            times=tally.times + 1,
            bytes=tally.bytes + contact.sent + contact.received,
        )


class Open:
    """A contact that goes on."""

    def __init__(self, record: Record, contact: Contact) -> None:
        self._record = record
        self._contact = contact
        self._began = time.monotonic()
        self.sent = 0
        self.received = 0
        self.why = ""

    def out(self, size: int) -> None:
        """Count bytes out of the sandbox."""
        self.sent += size

    def into(self, size: int) -> None:
        """Count bytes into it."""
        self.received += size

    def end(self) -> None:
        """Write how it ended. Raises OSError where that cannot be written."""
        self._record.end(
            replace(
                self._contact, why=self.why, sent=self.sent, received=self.received,
                seconds=round(time.monotonic() - self._began, 3),
            )
        )  # fmt: skip


def read(path: Path) -> tuple[Contact, ...]:
    """The contacts in a file, each as it ended; none where there is no file.

    A line that a kill cut short is left out.
    """
    found: dict[int, Contact] = {}
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    for line in lines:
        try:
            contact = msgspec.json.decode(line, type=Contact)
        except msgspec.DecodeError:
            continue
        found[contact.number] = contact
    return tuple(found.values())


def summary(tallies: tuple[Tally, ...]) -> str:
    """`api.example.com 41 times, 2.1 MB; refused: telemetry.example.com 3 times`."""
    went = [_said(one) for one in _often(tallies, allowed=True)]
    refused = [_said(one) for one in _often(tallies, allowed=False)]
    parts = [_some(went)] if went else []
    if refused:
        parts.append("refused: " + _some(refused))
    return "; ".join(parts) or "it reached for nothing"


def _often(tallies: tuple[Tally, ...], *, allowed: bool) -> list[Tally]:
    found = [one for one in tallies if one.allowed is allowed]
    return sorted(found, key=lambda one: (-one.times, one.place))


def _said(one: Tally) -> str:
    times = "once" if one.times == 1 else f"{one.times} times"
    return f"{one.place} {times}" + (f", {_size(one.bytes)}" if one.allowed else "")


def _some(said: list[str]) -> str:
    more = len(said) - _SHOWN
    return "; ".join(said[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _size(count: int) -> str:
    if count < 1_000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1_000:.1f} kB"
    return f"{count / 1_000_000:.1f} MB"
