"""Foreign text that would do something to a terminal, to Textual's markup, or to the reader."""

from __future__ import annotations

import re

MARKUP = (
    "a[i] = b[j]",
    "[IMPORTANT] read this",
    "[/b]",
    "[/]",
    "[b]bold[/b] and [red]red[/red]",
    "[@click=app.quit]Accept[/]",
    "[link=file:///etc/passwd]open[/link]",
    "$primary {x} %s \\[x] \\",
    "[[[[]]]]",
    "[on red",
    "]][[",
    "[#ff0000]x[/#ff0000]",
)

CONTROL = (
    "\x1b[2J",
    "\x1b[31mred\x1b[0m",
    "\x1b[1;1HX",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[>0q",
    "\x1b[?1049h",
    "\x1b[?25l",
    "\x1b[?2004l",
    "\x1b[8m hidden \x1b[28m",
    "\x1b[38;5;196;48;2;1;2;3mx",
    "\x1b[3J\x1b[H",
    "\x1b[9999;9999R",
    "\x1b]0;title\x07",
    "\x1b]2;title\x1b\\",
    "\x1b]52;c;ZWNobyBwd25k\x07",
    "\x1b]52;c;ZWNobyBwd25k\x1b\\",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]4;1;rgb:00/00/00\x07",
    "\x1b]10;?\x1b\\",
    "\x1b]50;font\x07",
    "\x1b]1337;File=inline=1:AAAA\x07",
    "\x1b]777;notify;a;b\x07",
    "\x1b]9;message\x07",
    '\x1bP$q"p\x1b\\',
    "\x1bP+q544e\x1b\\",
    "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    "\x1bX sos \x1b\\",
    "\x1b^ pm \x1b\\",
    "\x1b_Gf=24;AAAA\x1b\\",
    "\x1bc",
    "\x1b7\x1b8",
    "\x1b(0qqqq\x1b(B",
    "\x1b#8",
    "\x1bE\x1bM\x1bD",
    "\x1b%G",
    "\x1b",
    "\x1b[",
    "\x1b]unterminated",
    "\x1bPunterminated",
    "\x1b\x1b[2J",
    "\x9b2J",
    "\x9d52;c;eA==\x9c",
    "\x9d0;title\x07",
    "\x90q\x9c",
    "\x84\x85\x8d\x8e\x8f",
    "\x00nul",
    "bell\x07bell",
    "back\x08\x08\x08space",
    "over\rwritten",
    "\x0b\x0c\x0e\x0f",
    "\x7fdel\x7f",
    "\x05answerback",
    "tab\tand\ttab",
    "\u202eevil\u202c",
    "\u2066abc\u2069\u2067def\u2069",
    "\u200e\u200f\u061c",
    "zero\u200bwidth\u200c\u200d\u2060\ufeff",
    "soft\u00adhyphen",
    "tags\U000e0041\U000e0042\U000e007f",
    "selectors\ufe00\U000e0100",
    "filler\u3164\u115f\u1160\uffa0",
    "line\u2028and\u2029paragraph",
    "lone \ud800 surrogate \udfff",
    "interlinear\ufff9a\ufffab\ufffb",
    "y\u0300" * 40,
)

PAYLOADS = (*MARKUP, *CONTROL)

FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""What no terminal may get from foreign text; written anew here, not taken from `tui.text`."""
