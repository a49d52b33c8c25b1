"""The base of all data here."""

from __future__ import annotations

from typing import dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all data here: frozen, keyword-only; a newer version's unknown fields are skipped."""
