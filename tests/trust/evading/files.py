"""Files whose change is kept out of a diff, or out of a reader's way."""

from __future__ import annotations

from tests.trees import A_COMMIT, LINK, MODULE, PROGRAM, File
from tests.trust.evading.base import CODE, EVIL, Evasion, Files, line

_LOCK = b"requests==2.0\n" * 40
_UTF16 = "import os\nos.remove('x')\n".encode("utf-16")


def attribute(name: str, words: str) -> Evasion:
    """A file of code whose diff an attribute of the same folder spoils."""
    rules = f"*.py {words}\n".encode()
    return Evasion(
        name=f"attribute {name}",
        left={b"a.py": CODE, b".gitattributes": rules},
        right={b"a.py": EVIL, b".gitattributes": rules},
        twin={b"a.py": CODE + b"# said\n", b".gitattributes": rules},
        shows=("return True",),
    )


def folded(name: str, path: bytes) -> Evasion:
    """Code in a place that nobody reads."""
    return Evasion(
        name=name,
        right={path: EVIL},
        twin={},
        shows=("folded: enter shows 2 lines", "return True"),
    )


def renamed(name: str, path: bytes, *shows: str, twin: Files) -> Evasion:
    """A file with a name that prints as another."""
    return Evasion(name=name, right={path: CODE}, twin=twin, shows=shows)


_DRESSED = b"#!/bin/sh\n#\0\xff\xfe\n" + b"echo one more line of it\n" * 20
_TEST = b"".join(b"def test_%d():\n    assert f(%d)\n" % (n, n) for n in range(30))
_ALL = "# \x1b[2K\u202e\u200b\u0430b\r\0" + "x" * 1100
_NAME = "⚠ strange name"

FILES: tuple[Evasion, ...] = (
    attribute("-diff", "-diff"),
    attribute("binary", "binary"),
    attribute("-text -diff", "-text -diff"),
    attribute("linguist-generated", "linguist-generated -diff"),
    attribute("linguist-vendored", "linguist-vendored=true -diff"),
    attribute("export-ignore", "export-ignore -diff"),
    attribute("a driver of its own", "diff=hidden"),
    attribute("filter and ident", "filter=hidden ident -diff"),
    attribute("a working-tree encoding", "working-tree-encoding=latin-1 -diff"),
    attribute("eol", "text eol=crlf -diff"),
    attribute("whitespace", "whitespace=-trailing-space,cr-at-eol -diff"),
    Evasion(
        name="attributes in the change itself",
        left={b"a.py": CODE},
        right={b"a.py": EVIL, b".gitattributes": b"* -diff\n"},
        twin={b"a.py": CODE + b"# said\n", b".gitattributes": b"* -diff\n"},
        shows=("return True",),
    ),
    Evasion(
        name="attributes for everybody",
        right={b".gitattributes": b"*.lock -diff\n"},
        twin={},
        shows=("git attributes",),
    ),
    Evasion(
        name="mode only",
        left={b"run.sh": b"run\n"},
        right={b"run.sh": File(contents=b"run\n", mode=PROGRAM)},
        twin={b"run.sh": b"run\n"},
        shows=("mode 644 → 755",),
    ),
    Evasion(
        name="a new program",
        right={b"run.sh": File(contents=b"run\n", mode=PROGRAM)},
        twin={b"run.sh": b"run\n"},
        shows=("new, executable",),
    ),
    Evasion(
        name="a symlink",
        right={b"l": File(contents=b"a.py", mode=LINK), b"a.py": CODE},
        twin={b"a.py": CODE},
        shows=("⚠ symlink",),
    ),
    Evasion(
        name="a symlink with another target",
        left={b"l": File(contents=b"a.py", mode=LINK), b"a.py": CODE, b"b.py": EVIL},
        right={b"l": File(contents=b"b.py", mode=LINK), b"a.py": CODE, b"b.py": EVIL},
        twin={b"l": File(contents=b"a.py", mode=LINK), b"a.py": CODE, b"b.py": EVIL},
        shows=("symlink to b.py",),
    ),
    Evasion(
        name="a file that becomes a symlink",
        left={b"a.py": CODE, b"b.py": EVIL},
        right={b"a.py": File(contents=b"b.py", mode=LINK), b"b.py": EVIL},
        twin={b"a.py": CODE, b"b.py": EVIL},
        shows=("type changed: file → symlink",),
    ),
    Evasion(
        name="binary dressed as text",
        right={b"notes.txt": b"Notes\n" + bytes(range(256)) * 20},
        twin={b"notes.txt": b"Notes\n"},
        shows=("⚠ binary",),
    ),
    Evasion(
        name="a script dressed as binary",
        right={b"run.sh": _DRESSED + b"evil\n"},
        twin={b"run.sh": _DRESSED + b"okay\n"},
        shows=("+ evil",),
    ),
    Evasion(
        name="UTF-16",
        left={b"a.py": CODE},
        right={b"a.py": _UTF16},
        twin={b"a.py": CODE},
        shows=("⚠ binary",),
    ),
    Evasion(
        name="renamed, with a change",
        left={b"old.py": CODE * 20},
        right={b"new.py": CODE * 20 + EVIL},
        twin={b"new.py": CODE * 20},
        shows=("+     return True",),
    ),
    Evasion(
        name="a test by a name that is none",
        left={b"tests/test_a.py": _TEST},
        right={b"old/a.txt": _TEST},
        twin={b"tests/test_a.py": _TEST},
        shows=("/tests/test_a.py, unchanged",),
    ),
    Evasion(
        name="moved into a vendored folder",
        left={b"auth.py": CODE},
        right={b"vendor/auth.py": EVIL},
        twin={b"auth.py": CODE},
        shows=("vendor/auth.py +2",),
    ),
    folded("in node_modules", b"node_modules/x/index.js"),
    folded("a generated name", b"auth_pb2.py"),
    folded("a minified name", b"auth.min.js"),
    Evasion(
        name="in a lock file",
        left={b"poetry.lock": _LOCK},
        right={b"poetry.lock": _LOCK + b"evil==1.0\n"},
        twin={b"poetry.lock": _LOCK},
        shows=("poetry.lock +1",),
    ),
    Evasion(
        name="ignored by the change itself",
        right={b".gitignore": b"hidden/\n", b"hidden/a.py": EVIL},
        twin={b".gitignore": b"hidden/\n"},
        shows=(),
        absent=("hidden/a.py",),
    ),
    Evasion(
        name="excluded in the agent's own git",
        right={b"out/a.py": EVIL},
        twin={},
        shows=("out/a.py +2",),
        script="echo '*' > /tmp/x; git config core.excludesFile /tmp/x; "
        "there=$(git rev-parse --git-dir)/info; mkdir -p $there; echo '*' > $there/exclude",
    ),
    Evasion(
        name="assumed unchanged",
        left={b"a.py": CODE},
        right={b"a.py": EVIL},
        twin={b"a.py": CODE},
        shows=("return True",),
        script="git update-index --assume-unchanged a.py; git update-index --skip-worktree a.py",
    ),
    Evasion(
        name="replaced in the agent's own git",
        left={b"a.py": CODE},
        right={b"a.py": EVIL},
        twin={b"a.py": CODE},
        shows=("return True",),
        script="git replace -f \"$(git hash-object -w a.py)\" \"$(git rev-parse HEAD:./a.py)\"",
    ),
    Evasion(
        name="an empty file",
        right={b"py.typed": b""},
        twin={},
        shows=("new empty file",),
    ),
    Evasion(
        name="an empty file that goes",
        left={b"__init__.py": b"", b"b": b""},
        right={b"b": b""},
        twin={b"__init__.py": b"", b"b": b""},
        shows=("deleted, was empty",),
    ),
    renamed("a newline in the name", b"a.py\n+x = 1", _NAME, twin={b"a.py": CODE}),
    renamed("an escape in the name", b"a\x1b[2K.py", _NAME, twin={b"a.py": CODE}),
    renamed("a CR in the name", b"evil.py\ra.py", _NAME, twin={b"a.py": CODE}),
    renamed("bidi in the name", "a\u202eyp.exe".encode(), _NAME, twin={b"aexe.py": CODE}),
    renamed("Cyrillic in the name", "\u0430dmin.py".encode(), _NAME, twin={b"admin.py": CODE}),
    renamed("zero width in the name", "ad\u200bmin.py".encode(), _NAME, twin={b"admin.py": CODE}),
    renamed("a name of composed letters", "cafe\u0301.py".encode(), _NAME,
            twin={"café.py".encode(): CODE}),
    renamed("a name that is no UTF-8", b"caf\xe9.py", _NAME, twin={b"caf.py": CODE}),
    renamed("a blank at a name's end", b"a.py ", _NAME, twin={b"a.py": CODE}),
    renamed("blanks in a name", b"a.py" + b" " * 120 + b"evil.sh", _NAME, twin={b"a.py": CODE}),
    line("a badge among others", _ALL, "b", "look twice: "),
)  # fmt: skip

REFUSED: tuple[Evasion, ...] = (
    Evasion(
        name="a symlink out",
        right={b"l": File(contents=b"/etc/passwd", mode=LINK)},
        twin={},
        shows=("symlink to /etc/passwd",),
    ),
    Evasion(
        name="a symlink up",
        right={b"l": File(contents=b"../../x", mode=LINK)},
        twin={},
        shows=("symlink to ../../x",),
    ),
    Evasion(
        name="a symlink out past another",
        right={
            b"d": File(contents=b".", mode=LINK),
            b"l": File(contents=b"d/d/d/../../..", mode=LINK),
        },
        twin={},
        shows=("symlink to d/d/d/../../..",),
    ),
    Evasion(
        name="a repository inside",
        right={b"inner": File(contents=A_COMMIT, mode=MODULE)},
        twin={},
        shows=("⚠ submodule",),
        script="git init -q inner; cd inner; "
        "git -c user.name=a -c user.email=a@localhost commit -q --allow-empty -m x",
    ),
    Evasion(
        name="a name of git's",
        right={b".GIT/config": b"[core]\n\tfsmonitor = evil\n"},
        twin={},
        shows=(),
        absent=(".GIT/config",),
    ),
)
"""What no tree may hold: shown while it is worked on, and sent back by the tree check."""
