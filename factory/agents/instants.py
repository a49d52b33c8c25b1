"""When a limit ends, as programs write it: in words, as a clock's hour, as a date. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_FARTHEST = 60 * 86_400.0
"""Seconds; what lies farther away means something else."""
_UNITS = {
    "ms": 0.001, "millisecond": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0,
    "min": 60.0, "minute": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "d": 86_400.0,
    "day": 86_400.0, "w": 604_800.0, "week": 604_800.0,
}  # fmt: skip
_PART = (
    r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d"
    r"|weeks?|w)(?![a-z])"
)
_WAIT = re.compile(rf"\b(?:in|after|wait)(?: about)? ((?:{_PART}[\s,]*(?:and )?)+)", re.IGNORECASE)
_EPOCH = re.compile(r"(?:\||resets?_?at\W{1,3})(\d{10})(?:\d{3})?\b", re.IGNORECASE)
_ISO = re.compile(
    r"\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d))?(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_CLOCK = re.compile(
    r"\b(?:resets?|again|until|available|access|back)\b(?: (?:at|on))?:?\s+"
    r"(?:(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? (?P<day>\d{1,2})"
    r"(?:st|nd|rd|th)?(?:,? (?P<year>\d{4}))?,?(?: at)? )?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))? ?(?P<half>[ap]\.?m\.?)?"
    r"(?: ?\(?(?P<zone>UTC|GMT|[A-Z][A-Za-z_]+/[A-Za-z_/+-]+)\)?)?",
    re.IGNORECASE,
)


def instant(text: str, now: float, zone: tzinfo | None = None) -> float | None:
    """Seconds since 1970 of the first future instant that `text` names; None where it names none.

    Hours without a zone are those of `zone`, None for this machine's.
    """
    if (named := _epoch(text)) is not None and named > now:
        return named
    for found in (_waited(text, now), _iso(text, zone), _clock(text, now, zone)):
        if found is not None and now < found < now + _FARTHEST:
            return found
    return None


def _epoch(text: str) -> float | None:
    found = _EPOCH.search(text)
    return float(found[1]) if found else None


def _waited(text: str, now: float) -> float | None:
    found = _WAIT.search(text)
    if found is None:
        return None
    parts = re.findall(_PART, found[1], re.IGNORECASE)
    return now + sum(float(count) * _unit(unit.lower()) for count, unit in parts)


def _unit(word: str) -> float:
    return _UNITS[word if word in _UNITS else word.removesuffix("s")]


def _iso(text: str, zone: tzinfo | None) -> float | None:
    found = _ISO.search(text)
    if found is None:
        return None
    offset = (found[4] or "").replace("UTC", "Z").replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}:{found[3] or '00'}{offset}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        return None


def _clock(text: str, now: float, zone: tzinfo | None) -> float | None:
    """An hour such as `resets 3pm (Europe/Berlin)`, with a date before it or the next such hour."""
    for found in _CLOCK.finditer(text):
        parts = found.groupdict()
        if parts["minute"] is None and parts["half"] is None:
            continue  # a bare number may be anything
        try:
            zone = _zone(parts["zone"]) or zone
            today = datetime.fromtimestamp(now, UTC).astimezone(zone)
            moment = today.replace(
                hour=_hour(parts), minute=int(parts["minute"] or 0), second=0, microsecond=0
            )
            if parts["month"]:
                month = _MONTHS.index(parts["month"].lower()[:3]) + 1
                year = int(parts["year"] or today.year)
                moment = moment.replace(year=year, month=month, day=int(parts["day"]))
            elif moment.timestamp() <= now:
                moment += timedelta(days=1)
            return moment.timestamp()
        except (ValueError, OverflowError, KeyError, OSError):
            continue
    return None


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    return UTC if name.upper() in ("UTC", "GMT") else ZoneInfo(name)


def _hour(parts: Mapping[str, str | None]) -> int:
    hour, half = int(parts["hour"] or 0), (parts["half"] or "").lower()[:1]
    return hour if not half else hour % 12 + (12 if half == "p" else 0)
