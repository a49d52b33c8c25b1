"""Lines that print as other lines."""

from __future__ import annotations

from tests.trust.evading.base import CODE, Evasion, line


def badge(*names: str) -> tuple[str, ...]:
    return tuple(f"⚠ {name}" for name in names)


_BIDI = badge("bidi characters")
_INVISIBLE = badge("invisible characters")
_ALIKE = badge("lookalike letters")
_CONTROL = badge("control characters")
_PUSHED = badge("code pushed right")

_LATE = (b"a line " * 12 + b"\n# ") * 100
"""More than the 8,000 bytes in which git looks for a NUL."""

LINES: tuple[Evasion, ...] = (
    line("CR alone", "evil()\r# nothing", "# nothing", *badge("CR inside a line")),
    line("CR over what is longer", "evil()\r# is quiet here", "# is quiet here", "evil()␍"),
    line("CR and CRLF", b"# one\r\r", b"# one\r", "␍␍"),
    Evasion(
        name="LF to CRLF",
        left={b"a.sh": b"#!/bin/sh\nrun\n"},
        right={b"a.sh": b"#!/bin/sh\r\nrun\n"},
        twin={b"a.sh": b"#!/bin/sh\nrun\n"},
        shows=("⚠ line ends changed",),
    ),
    Evasion(
        name="CRLF to LF",
        left={b"a.bat": b"one\r\ntwo\r\n"},
        right={b"a.bat": b"one\ntwo\n"},
        twin={b"a.bat": b"one\r\ntwo\r\n"},
        shows=("⚠ line ends changed",),
    ),
    line("pushed by spaces", "x = 1;" + " " * 250 + "evil()", "x = 1;", *_PUSHED),
    line("pushed by tabs", "x = 1;" + "\t" * 40 + "evil()", "x = 1;", *_PUSHED),
    line("pushed by both", "x = 1;" + " \t" * 30 + "evil()", "x = 1;", *_PUSHED),
    line("pushed by wide blanks", "x = 1;" + "\u3000" * 130 + "evil()", "x = 1;", *_PUSHED),
    line("pushed by Braille", "x = 1;" + "\u2800" * 130 + "evil()", "x = 1;", *_INVISIBLE),
    line("just past the edge", "x = 1;" + " " * 105 + "evil()", "x = 1;", "…"),
    line("reversed by an override", "ok = \u202e0 = nimda\u202c", "ok = admin = 0", *_BIDI),
    line("an isolate", "ok = '\u2066user\u2069'", "ok = 'user'", *_BIDI),
    line("a mark of direction", "user\u200f = 1", "user = 1", *_BIDI),
    line("Cyrillic in a word", "is_\u0430dmin = True", "is_admin = True", *_ALIKE),
    line("a Cyrillic word", "\u0441\u043e\u0440 = 1", "cop = 1", *_ALIKE),
    line("Greek in a word", "n\u03bfw = 1", "now = 1", *_ALIKE),
    line("wide letters", "\uff41dmin = 1", "admin = 1", *_ALIKE),
    line("mathematical letters", "\U0001d41e\U0001d42f\U0001d41a\U0001d425(x)", "eval(x)", *_ALIKE),
    line("a click for a bang", "if x \u01c3= y: go()", "if x != y: go()", *_ALIKE),
    line("a Greek question mark", "x = 1\u037e y = 2", "x = 1; y = 2", *_ALIKE),
    line("zero width", "pass\u200bword = 1", "password = 1", *_INVISIBLE),
    line("a joiner", "user\u200d = 1", "user = 1", *_INVISIBLE),
    line("a byte order mark", "\ufeffuser = 1", "user = 1", *_INVISIBLE),
    line("a soft hyphen", "us\u00ader = 1", "user = 1", *_INVISIBLE),
    line("tag characters", "x = 'a\U000e0065\U000e0076'", "x = 'a'", *_INVISIBLE),
    line("variation selectors", "x = 'a\ufe00\U000e0101'", "x = 'a'", *_INVISIBLE),
    line("a Hangul filler", "x = ['a', \u3164]", "x = ['a',  ]", *_INVISIBLE),
    line("a hidden note", "x = 1 \ufff9y\ufffb", "x = 1 y", *_INVISIBLE),
    line("a line of their own", "# done\u2028evil()", "# doneevil()", *_INVISIBLE),
    line("a blank that is none", "key = 'a\u00a0b'", "key = 'a b'", "a<A0>b"),
    line("an escape", "evil()\x1b[2K# fine", "evil()# fine", *_CONTROL),
    line("a hidden style", "x = 1 \x1b[8mevil()\x1b[28m", "x = 1 evil()", *_CONTROL),
    line("backspaces", "evil()\b\b\b\b\b\bfine()", "fine()", *_CONTROL),
    line("a one-byte escape", "x = 1\u009b8m", "x = 1", *_CONTROL),
    line("a form feed", "x = 1\f", "x = 1", *_CONTROL),
    line("a NUL", b"# fine \0 evil()", b"# fine  evil()", *badge("NUL bytes")),
    line("a NUL, late", b"# " + _LATE + b"\0", b"# " + _LATE,
         *badge("NUL bytes")),
    line("Latin-1", b"key = 'caf\xe9'", b"key = 'caf\xe8'", r"caf\xe9"),
    line("a huge line", "x = '" + "a" * 5000 + "'; evil()", "x = '" + "a" * 300,
         *badge("long lines")),
    line("a forged heading", "x = 1\ndiff --git a/b b/b\n@@ -1 +1 @@\n-evil()",
         "x = 1\ndiff --git a/b b/b\n@@ -1 +1 @@\n-eval()", "+ -evil()"),
    line("blank lines before it", "x = 1" + "\n" * 60 + "evil()", "x = 1" + "\n" * 60,
         "+ evil()"),
    Evasion(
        name="no newline at the end",
        left={b"a.py": CODE},
        right={b"a.py": CODE[:-1]},
        twin={b"a.py": CODE},
        shows=("no newline at end of file",),
    ),
)  # fmt: skip
