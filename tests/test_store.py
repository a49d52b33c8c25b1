"""What was confirmed is there, whole, after a kill, a full disk and an upgrade."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess  # noqa: TID251 - what is killed must be a process of its own
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory.model import NotNowError, StoreError, Task, TaskState
from factory.store import Store, database
from factory.store.migrations import MIGRATIONS
from factory.wire import Fact, Reply

BEGIN = """
import os, resource, signal, sys
from pathlib import Path
from msgspec.structs import replace
from factory.store import database, migrations
from factory.model import StoreError, Task, TaskState
from factory.store import Store

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def task(name, **fields):
    return replace(Task(id=name, title=name, agent="a", created_at=0, changed_at=0), **fields)

path = Path(sys.argv[1])
"""


def child(path: Path, code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + code, str(path)], stdout=subprocess.PIPE, text=True
    )


def ran(path: Path, code: str) -> tuple[int, str]:
    with child(path, code) as process:
        out, _ = process.communicate()
    return process.returncode, out


def task(name: str, state: TaskState = TaskState.QUEUED) -> Task:
    return Task(id=name, title=name, agent="a", created_at=0, changed_at=0, state=state)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "factory.db"


def opened(path: Path) -> closing[Store]:
    return closing(Store(path, now=time.time))


# --- all or nothing ------------------------------------------------------------------------


def test_a_state_and_its_fact_are_both_there_or_neither_is(path: Path) -> None:
    with opened(path) as store:
        store.tasks.add(task("t"))
        before = store.tasks.get("t")
        with suppress(ZeroDivisionError), store.transaction():
            store.tasks.put(before, replace(before, state=TaskState.WORKING))
            store.journal.say("started", task="t")
            raise ZeroDivisionError
        assert store.tasks.get("t").state is TaskState.QUEUED
        assert store.journal.facts() == ()


def test_nobody_hears_of_a_fact_that_was_rolled_back(path: Path) -> None:
    heard: list[Fact] = []
    with opened(path) as store:
        store.journal.listen(heard.append)
        with suppress(ZeroDivisionError), store.transaction():
            store.journal.say("started", task="t")
            raise ZeroDivisionError
        assert heard == []
        with store.transaction():
            store.journal.say("first")
            store.journal.say("second")
            assert heard == []
        assert [fact.kind for fact in heard] == ["first", "second"]


def test_a_fact_is_heard_of_once_it_is_on_disk(path: Path) -> None:
    on_disk: list[int] = []

    def look(fact: Fact) -> None:
        with closing(sqlite3.connect(path)) as other:
            on_disk.append(other.execute("SELECT max(seq) FROM journal").fetchone()[0])

    with opened(path) as store:
        store.journal.listen(look)
        with store.transaction():
            store.journal.say("first")
        assert on_disk == [1]


HALF = """
store = Store(path, now=lambda: 0.0)
before = store.tasks.get("t")
{around}
    store.tasks.put(before, replace(before, state=TaskState.WORKING))
    die()
    store.journal.say("started", task="t")
"""


def test_a_kill_between_a_state_and_its_fact_leaves_neither(path: Path) -> None:
    with opened(path) as store:
        store.tasks.add(task("t"))
    code, _ = ran(path, HALF.format(around="with store.transaction():"))
    assert code == -signal.SIGKILL
    with opened(path) as store:
        assert store.tasks.get("t").state is TaskState.QUEUED


def test_without_a_transaction_a_kill_would_leave_a_state_without_its_fact(path: Path) -> None:
    with opened(path) as store:
        store.tasks.add(task("t"))
    ran(path, HALF.format(around="if True:"))
    with opened(path) as store:
        assert store.tasks.get("t").state is TaskState.WORKING
        assert store.journal.facts() == ()


COUNTING = """
store = Store(path, now=lambda: 0.0)
for number in range(100_000):
    with store.transaction():
        store.tasks.add(task(f"t{number}"))
        store.journal.say("queued", task=f"t{number}")
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_what_was_confirmed_before_a_kill_is_there_after_it(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with child(path, COUNTING) as process:
        assert process.stdout is not None
        confirmed = [process.stdout.readline() for _ in range(chance.randint(1, 120))]
        process.kill()
        confirmed += process.stdout.readlines()
    last = int(confirmed[-1])
    with opened(path) as store:
        names = {one.id for one in store.tasks.all()}
        assert names >= {f"t{number}" for number in range(last + 1)}
        assert {fact.task for fact in store.journal.facts(limit=1_000_000)} == names
        assert len(names) <= last + 2


# --- one state at a time -------------------------------------------------------------------


def test_a_row_is_written_only_over_the_state_that_was_read(path: Path) -> None:
    with opened(path) as store:
        store.tasks.add(task("t"))
        seen = store.tasks.get("t")
        store.tasks.put(seen, replace(seen, state=TaskState.STOPPED))
        with pytest.raises(NotNowError, match="t is no longer queued; look again"):
            store.tasks.put(seen, replace(seen, state=TaskState.WORKING))
        assert store.tasks.get("t").state is TaskState.STOPPED


def test_two_stores_on_one_row_cannot_both_move_it(path: Path) -> None:
    with opened(path) as one, opened(path) as other:
        one.tasks.add(task("t"))
        seen, seen_too = one.tasks.get("t"), other.tasks.get("t")
        one.tasks.put(seen, replace(seen, state=TaskState.WORKING))
        with pytest.raises(NotNowError):
            other.tasks.put(seen_too, replace(seen_too, state=TaskState.WORKING))


def test_an_answer_is_kept_by_its_key(path: Path) -> None:
    with opened(path) as store:
        assert store.answers.get("k") is None
        store.answers.put("k", Reply(tasks=("t",)))
    with opened(path) as store:
        assert store.answers.get("k") == Reply(tasks=("t",))


def test_the_journal_gives_the_newest_facts_oldest_first(path: Path) -> None:
    with opened(path) as store:
        for number in range(1, 8):
            store.journal.say(f"k{number}", task="t" if number % 2 else "u")
        assert [fact.seq for fact in store.journal.facts(after=2, limit=3)] == [5, 6, 7]
        assert [fact.seq for fact in store.journal.facts(task="t")] == [1, 3, 5, 7]
        assert store.journal.seq == 7


# --- a full disk ---------------------------------------------------------------------------

FULL = """
store = Store(path, now=lambda: 0.0)
for number in range(20):
    store.tasks.add(task(f"t{number}"))
    print(number, flush=True)
size = max(file.stat().st_size for file in path.parent.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, resource.RLIM_INFINITY))
refused = 0
for number in range(20, 400):
    try:
        with store.transaction():
            store.tasks.add(task(f"t{number}", spec="x" * 2_000))
            store.journal.say("queued", task=f"t{number}")
        print(number, flush=True)
    except StoreError as error:
        refused += 1
        sentence = str(error)
assert refused, "the limit was never met"
assert "free some disk space, nothing that was confirmed is lost" in sentence, sentence
assert store.tasks.get("t7").title == "t7"
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.tasks.add(task("after"))
print("after", flush=True)
"""


def test_a_full_disk_is_one_sentence_and_loses_nothing_that_was_confirmed(path: Path) -> None:
    code, out = ran(path, FULL)
    assert code == 0
    confirmed = {f"t{word}" if word.isdigit() else word for word in out.split()}
    assert "after" in confirmed
    with opened(path) as store:
        names = {one.id for one in store.tasks.all()}
        assert names == confirmed
        queued = {fact.task for fact in store.journal.facts(limit=1_000)}
        assert queued == {name for name in names if name[1:].isdigit() and int(name[1:]) >= 20}
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# --- versions ------------------------------------------------------------------------------


def add_column(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE note ADD COLUMN at REAL NOT NULL DEFAULT 0")


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def test_a_newer_schema_is_refused_and_left_as_it_is(path: Path) -> None:
    with opened(path) as store:
        store.tasks.add(task("t"))
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="was written by a newer factory-tui"):
        Store(path, now=time.time)
    assert path.read_bytes() == before


def test_an_upgrade_copies_the_database_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(path) as store:
        store.tasks.add(task("t"))
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, add_column))
    with opened(path) as store:
        assert store.tasks.get("t").title == "t"
    copy = path.with_suffix(f".before-{len(MIGRATIONS) + 1}")
    assert (version(path), version(copy)) == (len(MIGRATIONS) + 1, len(MIGRATIONS))
    monkeypatch.undo()
    with opened(copy) as store:
        assert store.tasks.get("t").title == "t"


def test_an_upgrade_that_fails_leaves_the_old_schema(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(db: sqlite3.Connection) -> None:
        add_column(db)
        db.execute("SELECT * FROM nowhere")

    with opened(path) as store:
        store.tasks.add(task("t"))
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, breaks))
    with pytest.raises(StoreError):
        Store(path, now=time.time)
    monkeypatch.undo()
    with opened(path) as store:
        assert store.tasks.get("t").title == "t"
    assert version(path) == len(MIGRATIONS)


def test_a_kill_in_the_first_step_does_not_spoil_the_database(path: Path) -> None:
    kill = """
first = migrations.MIGRATIONS[0]
def killed(db):
    first(db)
    die()
database.MIGRATIONS = (killed,)
Store(path, now=lambda: 0.0)
"""
    code, _ = ran(path, kill)
    assert code == -signal.SIGKILL
    with opened(path) as store:
        store.tasks.add(task("t"))
    assert version(path) == len(MIGRATIONS)


def test_a_file_that_is_no_database_is_one_sentence(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to be taken for one" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(path, now=time.time)
