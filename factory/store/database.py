"""One SQLite connection: transactions, rows of frozen structs, migrations."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from factory.discretion import OPEN, Discretion
from factory.model import StoreError
from factory.store.migrations import MIGRATIONS

Body = TypeVar("Body")


class Database:
    """The engine's only connection. Use it from one thread: the event loop's."""

    def __init__(self, path: Path, discretion: Discretion = OPEN) -> None:
        """Opens the file, made where it is not there; what `discretion` hides never enters it."""
        self._discretion = discretion
        self._after: list[Callable[[], None]] = []
        self._inside = False
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._migrate(path)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the database {path} cannot be opened ({error}); a copy from before the last "
                "upgrade may lie beside it"
            ) from error

    def _migrate(self, path: Path) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise StoreError(
                f"the database {path} was written by a newer factory-tui (schema {version}, this "
                f"one knows {len(MIGRATIONS)}); install that version again"
            )
        if 0 < version < len(MIGRATIONS):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy2(path, path.with_suffix(f".before-{version + 1}"))
        for number, step in enumerate(MIGRATIONS[version:], version + 1):
            with self.transaction():  # a kill in the midst leaves the step undone
                step(self._db)
                self._db.execute(f"PRAGMA user_version={number}")

    @property
    def inside(self) -> bool:
        """Whether a transaction is under way, and may be rolled back."""
        return self._inside

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; uses inside another join it. Raises StoreError where the disk is full."""
        if self._inside:
            yield
            return
        self._inside = True
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise StoreError(
                f"the database cannot be written ({error}); free some disk space, nothing that was "
                "confirmed is lost"
            ) from error
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._inside = False
        waiting, self._after = self._after, []
        for told in waiting:
            told()

    def _roll_back(self) -> None:
        self._after.clear()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def after_commit(self, told: Callable[[], None]) -> None:
        """Have `told` called once the transaction under way is on disk; not if it fails."""
        self._after.append(told)

    def write(self, statement: str, *values: object) -> sqlite3.Cursor:
        """One statement, in the transaction under way or its own."""
        with self.transaction():
            return self._db.execute(statement, [self._discretion.value(v) for v in values])

    def put(self, table: str, body: object, **columns: object) -> None:
        """Insert or replace a row whose `body` is the struct and whose other columns find it."""
        names = ", ".join((*columns, "body"))
        holes = ", ".join("?" * (len(columns) + 1))
        statement = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({holes})"
        self.write(statement, *columns.values(), msgspec.json.encode(body))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._db.execute(query, values).fetchall()

    def one(self, kind: type[Body], query: str, *values: object) -> Body | None:
        """The struct in the first column of the first row."""
        row = self._db.execute(query, values).fetchone()
        return msgspec.json.decode(row[0], type=kind) if row else None

    def all(self, kind: type[Body], query: str, *values: object) -> tuple[Body, ...]:
        """The structs in the first column of every row."""
        return tuple(msgspec.json.decode(row[0], type=kind) for row in self.rows(query, *values))

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
