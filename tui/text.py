"""The one room through which foreign text reaches the screen, and how figures read.

Textual hands control characters through to the terminal and reads `[x]` in a `str` as markup, so
foreign text goes through `clean` and then into `Content`, `Text` or `Strip` objects, never into
markup.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells, set_cell_size

from factory.model import Spend

if TYPE_CHECKING:  # the command line reads text, too, and must not wait for Textual
    from textual.content import Content

_BODY = r"[^\x00-\x1f\x7f-\x9f]{0,4096}"
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    rf"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f]){_BODY}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-Z\\`-~]"
)
"""A whole terminal sequence: CSI; OSC, DCS, SOS, PM and APC with their ends; two-byte escapes."""

_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U00013440\U0001bca0-\U0001bca3"
    "\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
"""Print as a space and are none: harmless on a screen, but not in what is reviewed."""
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_BREAKS = "\u2028\u2029"
_ODD = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_INVISIBLE}{_DIRECTION}{_BREAKS}]")
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
_BLANK = re.compile(f"[{_BLANKS}]")


def clean(text: str, *, newlines: bool = False, exact: bool = False, tab: int = 4) -> str:
    """Foreign text without anything that a terminal would obey or hide.

    Whole terminal sequences and zero-width characters are dropped; every other control, each
    direction mark and each lone surrogate becomes visible. With `exact`, for what is reviewed,
    nothing is dropped: all of them become visible. A newline becomes `⏎` unless `newlines` keeps
    it; tabs are spread to columns of `tab` (0 keeps them, for a widget that spreads them itself).
    """
    if _ODD.search(text):
        if not exact:
            text = _HIDDEN.sub("", _SEQUENCE.sub("", text.replace("\r\n", "\n")))
        text = _ODD.sub(_visible, text)
    if not newlines and "\n" in text:
        text = text.replace("\n", "⏎")
    if exact and not text.isascii():
        text = _BLANK.sub(_visible, text)
    if tab and "\t" in text:
        text = text.expandtabs(tab)
    return text


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"<{code:02X}>" if code < 0x100 else f"<U+{code:04X}>"


def line(text: str, width: int | None = None) -> str:
    """Foreign text as one line: clean, its white space collapsed, cut to `width` cells."""
    flat = clean(" ".join(text.split()))
    return flat if width is None else fit(flat, width)


def content(text: str, style: str = "", *, width: int | None = None) -> Content:
    """Foreign text as one line of `Content`, in a theme style such as `$text-muted`."""
    from textual.content import Content

    return Content.styled(line(text, width), style)


def fit(text: str, width: int) -> str:
    """Clean text, cut to at most `width` cells, with `…` where something was left out."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    return set_cell_size(text, width - 1).rstrip() + "…"


def pad(text: str, width: int) -> str:
    """Clean text in exactly `width` cells."""
    return set_cell_size(fit(text, width), max(0, width))


def wrap(text: str, width: int) -> list[str]:
    """Clean text folded into lines of at most `width` cells, at spaces where there are any."""
    if width < 1:
        return []
    lines: list[str] = []
    for paragraph in text.split("\n"):
        start = len(lines)
        current = ""
        for word in re.findall(r"\s*\S+|\s+$", paragraph):
            if cell_len(current) + cell_len(word) <= width:
                current += word
                continue
            if current.strip():
                lines.append(current)
                word = word.lstrip()
            else:
                word = current + word
            *full, current = chop_cells(word, width) or [""]
            lines.extend(full)
        if current or len(lines) == start:
            lines.append(current)
    return lines


def shorten_path(path: str, width: int) -> str:
    """A path in at most `width` cells: its middle folders give way to `…`, its name stays."""
    flat = line(path)
    if cell_len(flat) <= width:
        return flat
    first, *middle, name = flat.split("/") if "/" in flat else ("", flat)
    while middle:
        for head, kept in (("…/", middle), (f"{first}/…/", middle[1:])):
            shorter = head + "/".join((*kept, name))
            if cell_len(shorter) <= width:
                return shorter
        middle.pop(0)
    tail = f"…/{name}" if first else name
    if cell_len(tail) <= width:
        return tail
    keep = max(0, width - 1)
    return "…" + name[len(name) - keep :] if width > 0 else ""


# --- figures -------------------------------------------------------------------------------


def count(number: int) -> str:
    """A count in few cells: `950`, `41k`, `1.2M`."""
    if number < 1000:
        return str(number)
    if number < 999_500:
        return f"{number / 1000:.0f}k"
    return f"{number / 1_000_000:.1f}M"


def usd(amount: float) -> str:
    """Dollars with cents: `$4.12`; under a cent that is not nothing, `<$0.01`."""
    return "<$0.01" if 0 < amount < 0.005 else f"${amount:.2f}"


def money(spent: Spend, subscription: bool = False) -> str:
    """What something cost: `$0.31`, or `41k tok` where a subscription paid. Never `$0.00` then."""
    if subscription or spent.usd is None:
        return f"{count(spent.tokens)} tok"
    return usd(spent.usd)


def ago(seconds: float) -> str:
    """An age in one unit: `41s`, `3m`, `2h`, `5d`."""
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def clock(seconds: float) -> str:
    """A running time: `0:41`, `4:12`, `1:02:03`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def took(seconds: float) -> str:
    """How long a check took: `0.1s`, `12s`, `2m10s`."""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    return f"{whole}s" if whole < 120 else f"{whole // 60}m{whole % 60:02}s"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 file`, `3 files`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
