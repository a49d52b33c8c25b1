"""The database's shape, as numbered steps; each runs once, and the file is copied before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


def _m001_initial(db: sqlite3.Connection) -> None:
    _each(
        db,
        """
        CREATE TABLE task (id TEXT PRIMARY KEY, state TEXT NOT NULL, position REAL NOT NULL,
                           body BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL,
                              kind TEXT NOT NULL, task TEXT NOT NULL, text TEXT NOT NULL);
        CREATE INDEX journal_task ON journal (task, seq);
        CREATE TABLE change (task TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL,
                             PRIMARY KEY (task, number)) WITHOUT ROWID;
        CREATE TABLE run (id TEXT PRIMARY KEY, guardrail TEXT NOT NULL, tree TEXT NOT NULL,
                          key TEXT NOT NULL, at REAL NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX run_evidence ON run (guardrail, tree, key, at);
        CREATE TABLE comment (id TEXT PRIMARY KEY, task TEXT NOT NULL, body BLOB NOT NULL)
            WITHOUT ROWID;
        CREATE INDEX comment_task ON comment (task);
        CREATE TABLE seen (task TEXT NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (task, mark))
            WITHOUT ROWID;
        CREATE TABLE attempt (id TEXT PRIMARY KEY, task TEXT NOT NULL, body BLOB NOT NULL)
            WITHOUT ROWID;
        CREATE TABLE spend (id TEXT PRIMARY KEY, task TEXT NOT NULL, agent TEXT NOT NULL,
                            at REAL NOT NULL, settled INTEGER NOT NULL, body BLOB NOT NULL)
            WITHOUT ROWID;
        CREATE INDEX spend_at ON spend (at);
        CREATE INDEX spend_task ON spend (task);
        CREATE TABLE reply (key TEXT PRIMARY KEY, at REAL NOT NULL, body BLOB NOT NULL)
            WITHOUT ROWID;
        CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        """,
    )


def _each(db: sqlite3.Connection, script: str) -> None:
    """Run statements one by one: `executescript` would commit in the midst of a migration."""
    for statement in script.split(";"):
        db.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_m001_initial,)
