"""What makes a reviewer read something other than what runs: found in the lines a change adds.

Ideas: Trojan Source (bidirectional controls, lookalike letters), code pushed off the screen by
blanks or by a carriage return, names that print as another name. A badge says "look twice" and
nothing more: each of these has honest uses.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from factory.review.patch import is_utf8


class Badge(StrEnum):
    """What to look at twice in a file."""

    BIDI = "bidi characters"
    INVISIBLE = "invisible characters"
    LOOKALIKE = "lookalike letters"
    CONTROL = "control characters"
    NUL = "NUL bytes"
    RETURN = "CR inside a line"
    LINE_ENDS = "line ends changed"
    LONG = "long lines"
    PUSHED = "code pushed right"
    NOT_UTF8 = "not UTF-8"
    NAME = "strange name"
    BINARY = "binary"
    LINK = "symlink"
    MODULE = "submodule"
    ATTRIBUTES = "git attributes"
    UNSHOWN = "lines not shown"
    TEST_EDITED = "test-edited"
    PROTECTED = "protected"


_LONGEST = 1000
"""Characters of a line past which it is long."""
_PUSH = 120
"""Columns of blanks in a row that push what follows off a screen."""

_CONTROLS = bytes(code for code in range(1, 32) if code not in b"\t\n\r") + b"\x7f"
_HIGH_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_ASCII = bytes(range(128))
_RETURN = re.compile(rb"\r(?![\r\n]|\Z)")
_WIDE_BLANK = re.compile(
    rb"\xc2\xa0\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
)
_BLANKS = re.compile(r"(?<![^\S\r\n])[^\S\r\n]{15,}+(?=\S)")
_BIDI_SET = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_BIDI = re.compile(f"[{_BIDI_SET}]")
_EMOJI = "\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
_INVISIBLE_SET = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u2028\u2029\u2060-\u2065"
    "\u206a-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U00013430-\U00013440"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(
    # After an emoji a joiner or a selector is how many emoji are written.
    f"[{_INVISIBLE_SET}]|(?<![{_EMOJI}])\u200d|(?<![{_EMOJI}])\ufe0f(?!\u20e3)"
)
_ALIKE_SET = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u04cf\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0251\u0261\u0578\u057d\u0585\uff21-\uff3a\uff41-\uff5a"
)
"""Cyrillic, Greek, Armenian, phonetic and wide letters that print as Latin ones."""
_TWIN_SET = (
    "\u01c3\u02d0\u037e\u05c3\u2024\u2044\u2215\u2236\u29f8\ua789"
    "\u210a-\u2113\u2115\u2119-\u211d\u2124\u2128\u212a\u212c-\u2134\u2139"
    "\U0001d400-\U0001d7ff"
)
"""Signs that print as ASCII ones, and letters that a language may read as plain ones: each alone
is reason to look. The mathematical alphabets are what Python takes for ASCII in a name."""
_ALIKE = re.compile(f"[{_ALIKE_SET}]")
_TWIN = re.compile(f"[{_TWIN_SET}]")
_SUSPECT = re.compile(f"[{_BIDI_SET}{_INVISIBLE_SET}{_ALIKE_SET}{_TWIN_SET}\u200d\ufe0f]")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"\w+")
_ONLY_ALIKE = re.compile(f"(?<!\\w)[{_ALIKE_SET}_0-9]{{2,}}(?!\\w)")
_BESIDE = re.compile(r"(\w*)[ ,.;:!?\u2014-]{0,3}$")
_AFTER = re.compile(r"[ ,.;:!?\u2014-]{0,3}(\w*)")
_ORDINARY_NAME = re.compile(rb"[A-Za-z0-9_./+@=,-]+")


def plain(text: bytes) -> bool:
    """Whether a text is free of all that `of_text` looks for; a quick look at a whole patch."""
    return (
        text.isascii()
        and b"\0" not in text
        and b"\r" not in text
        and not _has_controls(text)
        and not _may_be_pushed(text)
        and max(map(len, text.split(b"\n"))) <= _LONGEST
    )


def of_text(added: bytes, removed: bytes) -> tuple[Badge, ...]:
    """The badges of what a change adds; both are whole lines, each ended by a newline."""
    found: list[Badge] = []
    if not added.isascii():
        found += _of_letters(added)
    if b"\0" in added:
        found.append(Badge.NUL)
    if _has_controls(added) or _HIGH_CONTROL.search(added):
        found.append(Badge.CONTROL)
    if _RETURN.search(added):
        found.append(Badge.RETURN)
    if removed and (b"\r\n" in added) != (b"\r\n" in removed):
        found.append(Badge.LINE_ENDS)
    if max(map(len, added.split(b"\n"))) > _LONGEST and _has_long_line(added):
        found.append(Badge.LONG)
    if _may_be_pushed(added) and _is_pushed(added):
        found.append(Badge.PUSHED)
    return tuple(found)


def _has_controls(text: bytes) -> bool:
    return len(text.translate(None, delete=_CONTROLS)) != len(text)


def _may_be_pushed(text: bytes) -> bool:
    """A quick look: blanks in which none of these occurs are short of `_PUSH` columns."""
    return bool(
        b" " * 60 in text
        or b"\t" * 8 in text
        or b" \t" in text
        or (not text.isascii() and _WIDE_BLANK.search(text.translate(None, delete=_ASCII)))
    )


def _is_pushed(text: bytes) -> bool:
    blanks = _BLANKS.finditer(text.decode("utf-8", "replace"))
    return any(len(found[0].expandtabs()) >= _PUSH for found in blanks)


def _has_long_line(text: bytes) -> bool:
    return any(len(line.decode("utf-8", "replace")) > _LONGEST for line in text.split(b"\n"))


def _of_letters(added: bytes) -> list[Badge]:
    found: list[Badge] = []
    if not is_utf8(added):
        found.append(Badge.NOT_UTF8)
    letters = added.translate(None, delete=_ASCII).decode("utf-8", "replace")
    if not _SUSPECT.search(letters):
        return found
    text = added.decode("utf-8", "replace")
    if _BIDI.search(text):
        found.append(Badge.BIDI)
    if _INVISIBLE.search(text):
        found.append(Badge.INVISIBLE)
    if _has_lookalike(text):
        found.append(Badge.LOOKALIKE)
    return found


def _has_lookalike(text: str) -> bool:
    """Whether something prints as other letters or signs than it is made of.

    A word that mixes Latin letters with ones of another script that look like them; a word that
    has none but such letters, outside of a sentence in its own script; a sign's twin.
    """
    if _TWIN.search(text):
        return True
    if not _ALIKE.search(text):
        return False
    if any(_ALIKE.search(word) and _LATIN.search(word) for word in _WORD.findall(text)):
        return True
    return any(_stands_alone(found) for found in _ONLY_ALIKE.finditer(text))


def _stands_alone(found: re.Match[str]) -> bool:
    """Whether neither neighbour of a word is of its script beyond doubt, as in a sentence."""
    if not _ALIKE.search(found[0]):
        return False
    text, start, end = found.string, found.start(), found.end()
    before = _BESIDE.search(text, max(start - 40, 0), start)
    after = _AFTER.match(text, end, end + 40)
    beside = (before[1] if before else "") + (after[1] if after else "")
    return not any(letter > "\u024f" and not _ALIKE.match(letter) for letter in beside)


def of_name(path: bytes) -> tuple[Badge, ...]:
    """The badges of a file's name."""
    if _ORDINARY_NAME.fullmatch(path):
        return ()
    text = path.decode("utf-8", "replace")
    strange = (
        not is_utf8(path)
        or not text.isprintable()
        or _has_lookalike(text)
        or "  " in text
        or text != text.strip()
        or not unicodedata.is_normalized("NFC", text)
    )
    return (Badge.NAME,) if strange else ()
