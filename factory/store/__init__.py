"""The tables: tasks, journal, evidence, review, money, answers.

The task row is the truth. A task's new state and its fact in the journal commit together, or not
at all: `with store.transaction(): …`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from factory.discretion import OPEN, Discretion
from factory.model import Change, Comment, NotNowError, Run, Spend, Struct, Task, UnknownError
from factory.store.database import Database
from factory.wire import Attempt, Fact, Reply


class Store:
    """The factory's database, by subject."""

    def __init__(
        self, path: Path, *, now: Callable[[], float], discretion: Discretion = OPEN
    ) -> None:
        """Opens the database; what `discretion` hides never enters it."""
        self._db = Database(path, discretion)
        self.journal = Journal(self._db, now)
        self.tasks = Tasks(self._db)
        self.evidence = Evidence(self._db)
        self.reviews = Reviews(self._db)
        self.money = Money(self._db)
        self.answers = Answers(self._db, now)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; see `Database.transaction`."""
        return self._db.transaction()

    def close(self) -> None:
        """Close the database."""
        self._db.close()


class Journal:
    """The append-only list of facts."""

    def __init__(self, db: Database, now: Callable[[], float]) -> None:
        self._db = db
        self._now = now
        self._listeners: list[Callable[[Fact], None]] = []

    def listen(self, listener: Callable[[Fact], None]) -> None:
        """Have `listener` called with every fact, after it is on disk."""
        self._listeners.append(listener)

    def say(self, kind: str, *, task: str = "", text: str = "") -> None:
        """Append a fact."""
        at = self._now()
        with self._db.transaction():
            row = self._db.write(
                "INSERT INTO journal (at, kind, task, text) VALUES (?, ?, ?, ?)",
                at, kind, task, text,
            )  # fmt: skip
            fact = Fact(seq=row.lastrowid or 0, at=at, kind=kind, task=task, text=text)
            self._db.after_commit(lambda: self._tell(fact))

    def _tell(self, fact: Fact) -> None:
        for listener in self._listeners:
            listener(fact)

    @property
    def seq(self) -> int:
        """Number of the newest fact."""
        return int(self._db.rows("SELECT ifnull(max(seq), 0) FROM journal")[0][0])

    def facts(
        self, *, after: int = 0, since: float = 0.0, limit: int = 500, task: str = ""
    ) -> tuple[Fact, ...]:
        """The newest `limit` facts after a number and a time, oldest first."""
        rows = self._db.rows(
            "SELECT seq, at, kind, task, text FROM journal WHERE seq > ? AND at >= ?"
            " AND (? = '' OR task = ?) ORDER BY seq DESC LIMIT ?",
            after, since, task, task, limit,
        )  # fmt: skip
        return tuple(
            Fact(seq=seq, at=at, kind=kind, task=name, text=text)
            for seq, at, kind, name, text in reversed(rows)
        )


class Tasks:
    """Tasks and their attempts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, task: Task) -> None:
        """Insert a new task."""
        self._db.write(
            "INSERT INTO task (id, state, position, body) VALUES (?, ?, ?, ?)",
            task.id, task.state, task.position, msgspec.json.encode(task),
        )  # fmt: skip

    def get(self, name: str) -> Task:
        """The task of that id. Raises UnknownError."""
        found = self._db.one(Task, "SELECT body FROM task WHERE id = ?", name)
        if found is None:
            raise UnknownError(f"there is no task {name!r}; `factory-tui status` lists them")
        return found

    def all(self) -> tuple[Task, ...]:
        """All tasks in queue order."""
        return self._db.all(Task, "SELECT body FROM task ORDER BY position, id")

    def put(self, before: Task, after: Task) -> None:
        """Replace a task's row if its state is still that of `before`. Raises NotNowError."""
        changed = self._db.write(
            "UPDATE task SET state = ?, position = ?, body = ? WHERE id = ? AND state = ?",
            after.state, after.position, msgspec.json.encode(after), before.id, before.state,
        )  # fmt: skip
        if changed.rowcount != 1:
            raise NotNowError(f"{before.id} is no longer {before.state}; look again")

    def put_attempt(self, attempt: Attempt) -> None:
        """Write an attempt."""
        self._db.put("attempt", attempt, id=attempt.id, task=attempt.task)

    def attempts(self, task: str) -> tuple[Attempt, ...]:
        """The attempts at a task, oldest first."""
        found = self._db.all(Attempt, "SELECT body FROM attempt WHERE task = ?", task)
        return tuple(sorted(found, key=lambda attempt: attempt.number))


class Evidence:
    """Changes, and the runs they rest on."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put_change(self, change: Change) -> None:
        """Write a change; the same task and number replaces it."""
        self._db.put("change", change, task=change.task, number=change.number)

    def changes(self, task: str) -> tuple[Change, ...]:
        """The changes of a task, newest first."""
        query = "SELECT body FROM change WHERE task = ? ORDER BY number DESC"
        return self._db.all(Change, query, task)

    def change(self, task: str) -> Change | None:
        """The newest change of a task."""
        query = "SELECT body FROM change WHERE task = ? ORDER BY number DESC LIMIT 1"
        return self._db.one(Change, query, task)

    def put_run(self, run: Run) -> None:
        """Write a piece of evidence; it is the newest on its tree, whatever the clock says."""
        latest = self._db.rows(
            "SELECT ifnull(max(at), 0) FROM run WHERE guardrail = ? AND tree = ? AND id != ?",
            run.guardrail, run.tree, run.id,
        )[0][0]  # fmt: skip
        at = run.at if run.at > latest else latest + 0.001
        self._db.put(
            "run", run, id=run.id, guardrail=run.guardrail, tree=run.tree, key=run.key, at=at
        )

    def run(self, name: str) -> Run | None:
        """The run of that id."""
        return self._db.one(Run, "SELECT body FROM run WHERE id = ?", name)

    def of(self, guardrail: str, tree: str, key: str) -> tuple[Run, ...]:
        """All runs of one guardrail on one exact tree under one key, newest first."""
        return self._db.all(
            Run,
            "SELECT body FROM run WHERE guardrail = ? AND tree = ? AND key = ? ORDER BY at DESC",
            guardrail, tree, key,
        )  # fmt: skip

    def on(self, tree: str) -> tuple[Run, ...]:
        """All runs on one exact tree, newest first."""
        return self._db.all(Run, "SELECT body FROM run WHERE tree = ? ORDER BY at DESC", tree)

    def newest_on(self, tree: str) -> tuple[tuple[str, str], ...]:
        """`(guardrail, id)` of each guardrail's newest run on one exact tree."""
        rows = self._db.rows("SELECT guardrail, id FROM run WHERE tree = ? ORDER BY at", tree)
        return tuple({str(row[0]): str(row[1]) for row in rows}.items())

    def last(self, guardrail: str) -> Run | None:
        """The newest run of a guardrail on any tree: it tells how long one takes."""
        query = "SELECT body FROM run WHERE guardrail = ? ORDER BY at DESC LIMIT 1"
        return self._db.one(Run, query, guardrail)


class Reviews:
    """Comments and what was seen."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, comment: Comment) -> None:
        """Write a comment."""
        self._db.put("comment", comment, id=comment.id, task=comment.task)

    def drop(self, name: str) -> None:
        """Remove a comment."""
        self._db.write("DELETE FROM comment WHERE id = ?", name)

    def comment(self, name: str) -> Comment | None:
        """The comment of that id."""
        return self._db.one(Comment, "SELECT body FROM comment WHERE id = ?", name)

    def comments(self, task: str) -> tuple[Comment, ...]:
        """All comments on a task, oldest first."""
        found = self._db.all(Comment, "SELECT body FROM comment WHERE task = ?", task)
        return tuple(sorted(found, key=lambda comment: (comment.at, comment.id)))

    def mark(self, task: str, marks: tuple[str, ...], *, seen: bool) -> None:
        """Remember hunks and files as seen, or forget them."""
        statement = (
            "INSERT OR IGNORE INTO seen (task, mark) VALUES (?, ?)"
            if seen
            else "DELETE FROM seen WHERE task = ? AND mark = ?"
        )
        with self._db.transaction():
            for mark in marks:
                self._db.write(statement, task, mark)

    def seen(self, task: str) -> frozenset[str]:
        """The marks of a task that were seen."""
        return frozenset(
            row[0] for row in self._db.rows("SELECT mark FROM seen WHERE task = ?", task)
        )


class Spent(Struct):
    """One line of the ledger."""

    task: str
    agent: str
    at: float
    spend: Spend
    settled: bool


class Money:
    """What was reserved and spent."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sums: dict[tuple[float, str], Spend] = {}
        """What the settled lines come to, by time and task: they are added up once, then added to.

        A day has tens of thousands, and each overview asks. Nobody else writes here.
        """
        self._open: dict[str, Spent] | None = None
        """The lines that are not settled; None until they are read."""

    def put(self, name: str, spent: Spent) -> None:
        """Write a reservation, or what it came to (same `name`)."""
        with self._db.transaction():
            again = self._db.rows("SELECT 1 FROM spend WHERE id = ? AND settled = 1", name)
            self._db.put(
                "spend", spent, id=name, task=spent.task, agent=spent.agent, at=spent.at,
                settled=int(spent.settled),
            )  # fmt: skip
            self._db.after_commit(lambda: self._learn(name, spent, again=bool(again)))

    def drop(self, name: str) -> None:
        """Take back a reservation for a request that never went out."""
        with self._db.transaction():
            self._db.write("DELETE FROM spend WHERE id = ? AND settled = 0", name)
            self._db.after_commit(lambda: self._forget(name))

    def _learn(self, name: str, spent: Spent, *, again: bool) -> None:
        self._forget(name)
        if again:
            self._sums.clear()
        if not spent.settled:
            if self._open is not None:
                self._open[name] = spent
            return
        for since, task in self._sums:
            if spent.at >= since and task in ("", spent.task):
                self._sums[since, task] += spent.spend

    def _forget(self, name: str) -> None:
        if self._open is not None:
            self._open.pop(name, None)

    def names(self, task: str) -> dict[str, bool]:
        """The lines of a task by name, oldest first, and whether each is settled."""
        query = "SELECT id, settled FROM spend WHERE task = ? ORDER BY at"
        return {str(name): bool(settled) for name, settled in self._db.rows(query, task)}

    def lines(
        self, *, since: float = 0.0, task: str = "", without: Collection[str] = ()
    ) -> tuple[Spent, ...]:
        """Everything reserved or spent since a time, without the lines of these names."""
        names = ", ".join("?" * len(without))
        where, key = ("task = ? AND", (task,)) if task else ("", ())  # each has an index of its own
        query = f"SELECT body FROM spend WHERE {where} at >= ? AND id NOT IN ({names})"
        return self._db.all(Spent, query, *key, since, *without)

    def sum(self, *, since: float = 0.0, task: str = "", without: Collection[str] = ()) -> Spend:
        """What those lines come to."""
        if self._open is None and not self._db.inside:
            self._open = {
                str(name): msgspec.json.decode(body, type=Spent)
                for name, body in self._db.rows("SELECT id, body FROM spend WHERE settled = 0")
            }
        if self._open is None or self._db.inside or not self._open.keys() >= set(without):
            lines = self.lines(since=since, task=task, without=without)
            return sum((line.spend for line in lines), Spend())
        total = self._sums.get((since, task))
        if total is None:
            lines = self.lines(since=since, task=task, without=self._open)
            total = self._sums[since, task] = sum((line.spend for line in lines), Spend())
        for name, line in self._open.items():
            if line.at >= since and task in ("", line.task) and name not in without:
                total += line.spend
        return total


class Answers:
    """What commands were answered, by key; and small facts by name."""

    def __init__(self, db: Database, now: Callable[[], float]) -> None:
        self._db = db
        self._now = now

    def get(self, key: str) -> Reply | None:
        """The answer that a command of this key already had."""
        return self._db.one(Reply, "SELECT body FROM reply WHERE key = ?", key)

    def put(self, key: str, reply: Reply) -> None:
        """Remember a command's answer."""
        self._db.put("reply", reply, key=key, at=self._now())

    def note(self, name: str) -> str:
        """A small fact kept by name, empty where there is none."""
        rows = self._db.rows("SELECT value FROM note WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def put_note(self, name: str, value: str) -> None:
        """Keep a small fact by name."""
        self._db.write("INSERT OR REPLACE INTO note VALUES (?, ?)", name, value)

    def drop_note(self, name: str) -> None:
        """Forget a small fact."""
        self._db.write("DELETE FROM note WHERE name = ?", name)
