"""Keeping keys out of what is written: the database, transcripts, the log. Pure.

Nobody hands them on. But an endpoint may repeat the key in the error that refuses it, and a program
that was granted a variable may print it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping

_SECRET = (
    "_KEY",
    "_TOKEN",
    "_SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "_PWD",
    "_CREDENTIAL",
    "_CREDENTIALS",
    "_PAT",
)
_SHORTEST, _LONG = 8, 20
"""A shorter value is no key, and would be found in words that have nothing to do with it."""


def keys(environment: Mapping[str, str]) -> dict[str, str]:
    """Credentials by their variable's name. They never enter a log, a row, `tools` or `gate`."""
    return {name: value for name, value in environment.items() if value and name.endswith(_SECRET)}


def granted(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that agents are given which may be credentials: a path is none."""
    found = {name: environment.get(name, "") for name in names}
    return {name: value for name, value in found.items() if value and not value.startswith("/")}


class Discretion:
    """Puts a variable's name in the place of its value."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets: dict[str, str] = {}
        self.learn(secrets)

    def learn(self, secrets: Mapping[str, str]) -> None:
        """Hide these too, by the names of their variables."""
        self._secrets |= secrets
        longest_first = sorted(self._secrets.items(), key=lambda item: -len(item[1]))
        self._texts = [(value, f"[{name}]") for name, value in longest_first if _random(value)]
        self._bytes = [
            (form.encode(errors="surrogateescape"), name.encode())
            for value, name in self._texts
            for form in dict.fromkeys((value, json.dumps(value, ensure_ascii=False)[1:-1]))
        ]

    def text(self, text: str) -> str:
        """A text without keys."""
        for value, name in self._texts:
            if value in text:
                text = text.replace(value, name)
        return text

    def data(self, data: bytes) -> bytes:
        """The same for bytes."""
        for value, name in self._bytes:
            if value in data:
                data = data.replace(value, name)
        return data

    def value(self, value: object) -> object:
        """The same for whatever a row may hold."""
        match value:
            case str():
                return self.text(value)
            case bytes():
                return self.data(value)
            case _:
                return value


def _random(value: str) -> bool:
    """Whether it is no word that a text may hold by itself: `SORT_KEY=created_at` is no secret."""
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return len(value) >= (_SHORTEST if mixed else _LONG)


OPEN = Discretion({})
"""Hides nothing: there are no keys."""


class Discreet(logging.Formatter):
    """Lines of the log, tracebacks included, without keys."""

    def __init__(self, form: str, discretion: Discretion) -> None:
        super().__init__(form)
        self._discretion = discretion

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        return self._discretion.text(super().format(record))
