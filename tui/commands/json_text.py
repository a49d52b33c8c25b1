"""Views as complete JSON: every field is there, defaults too, in ASCII."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum

import msgspec


def dumps(value: object, *, indent: int | None = 2) -> str:
    """One JSON text with a newline; `indent=None` puts it on one line."""
    return json.dumps(_plain(value), indent=indent) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
