"""Budgets as text: `$2, 200k tokens, 30 min`. Pure."""

from __future__ import annotations

import re

from factory.model import Budget

_PARTS = (
    ("usd", re.compile(r"\$\s*(\d+(?:\.\d+)?)$")),
    ("tokens", re.compile(r"(\d+(?:\.\d+)?)\s*(k|M)?\s*tok(?:ens?)?$")),
    ("minutes", re.compile(r"(\d+(?:\.\d+)?)\s*(min|minutes?|m|h)$")),
)
_SCALES = {"k": 1_000, "M": 1_000_000, "h": 60}


def read_budget(text: str) -> Budget:
    """The caps a text names; `none` is no caps. Raises ValueError saying what was expected."""
    if text.strip() == "none":
        return Budget()
    caps: dict[str, float] = {}
    for part in text.split(","):
        name, amount = _cap(part.strip())
        if name in caps or amount <= 0:
            raise ValueError("a budget has at most one cap of each kind, and each is above 0")
        caps[name] = amount
    return Budget(
        usd=caps.get("usd"),
        tokens=int(caps["tokens"]) if "tokens" in caps else None,
        minutes=caps.get("minutes"),
    )


def write_budget(caps: Budget) -> str:
    """A budget as `read_budget` reads it back."""
    parts = []
    if caps.usd is not None:
        parts.append(f"${_number(caps.usd)}")
    if caps.tokens is not None:
        parts.append(f"{caps.tokens} tokens")
    if caps.minutes is not None:
        parts.append(f"{_number(caps.minutes)} min")
    return ", ".join(parts) or "none"


def _cap(part: str) -> tuple[str, float]:
    for name, pattern in _PARTS:
        if match := pattern.match(part):
            amount, *unit = match.groups()
            return name, float(amount) * _SCALES.get(unit[0] if unit else "", 1)
    raise ValueError(f"a budget is `$2`, `200k tokens`, `30 min` or `none`, not `{part}`")


def _number(value: float) -> str:
    """The shortest decimal that is exactly this number, without an exponent."""
    return f"{value:.12f}".rstrip("0").rstrip(".")
