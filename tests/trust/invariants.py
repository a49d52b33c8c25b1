"""I1 to I8 of the threat model, looked for in what a killed engine has left on the disk."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess  # noqa: TID251 - git as the developer runs it
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from factory.model import Task, TaskState
from factory.store import Store
from tests.trust.life import Life
from tests.trust.processes import command_lines

OURS = ("engine.lock", "landing.lock")
"""Lock files that are files: what counts is who holds them."""


def broken(life: Life) -> list[str]:
    """What does not hold, a sentence each, its invariant first. Only with no engine running."""
    found = [*_processes(life)]
    store = Store(life.place.state / "factory.db", now=time.time)
    try:
        found += [*_facts(life, store), *_effects(life, store), *_landed(life, store)]
        found += [*_states(life, store), *_money(life, store)]
    finally:
        store.close()
    return [*found, *_developers(life), *_left(life), *_whole(life)]


def _facts(life: Life, store: Store) -> Iterator[str]:
    facts = {fact.seq: fact for fact in store.journal.facts(limit=1_000_000)}
    for seq, fact in life.seen.items():
        if facts.get(seq) != fact:
            yield f"I1 fact {seq} ({fact.kind} {fact.task}) was told and is lost"
    known = {task.id for task in store.tasks.all()}
    for name in life.tasks:
        if name not in known:
            yield f"I1 task {name} was acknowledged and is lost"


def _effects(life: Life, store: Store) -> Iterator[str]:
    subjects = Counter(life.developer.subjects())
    tasks = store.tasks.all()
    titles = Counter(task.title for task in tasks)
    for title in life.titles:
        if titles[title] > 1 or subjects[title] > 1:
            yield f"I2 {title} is there {titles[title]} times, and landed {subjects[title]} times"
    for task in tasks:
        facts = [fact.kind for fact in store.journal.facts(task=task.id, limit=10_000)]
        for kind in ("queued", "landed", "audited"):
            if facts.count(kind) > 1:
                yield f"I2 {task.id} was {kind} {facts.count(kind)} times"
        if task.landed and life.developer.shows(f"{task.title}.txt") != life.work_of(task.title):
            yield f"I2 the work of {task.id} was done more than once, or in part"


def _landed(life: Life, store: Store) -> Iterator[str]:
    for task in store.tasks.all():
        if task.state is not TaskState.LANDED:
            continue
        change = store.evidence.change(task.id)
        tree = life.developer.git("rev-parse", f"{task.landed}^{{tree}}", ok=False)
        runs = [store.evidence.run(one.run or "") for one in change.judged] if change else []
        if change is None or tree != change.tree:
            yield f"I3 {task.id} landed as another tree than its gate saw"
        elif not runs or not all(r and (r.tree, r.verdict) == (tree, "pass") for r in runs):
            yield f"I3 {task.id} landed without a pass of each guardrail on its tree"


def _developers(life: Life) -> Iterator[str]:
    subjects = life.developer.subjects()
    mine = [subject for subject in reversed(subjects) if subject.startswith("mine ")]
    if mine != life.mine:
        yield f"I4 of the developer's commits {life.mine[-3:]} there are {mine[-3:]}"
    for name, text in life.files.items():
        path = life.developer.path / name
        if not path.is_file() or path.read_text() != text:
            yield f"I4 {name} is not as the developer left it"
    if status := life.developer.git("status", "--porcelain", ok=False):
        yield f"I4 the checkout is not clean: {status!r}"
    for task in life.titles:
        if task in subjects and not (life.developer.path / f"{task}.txt").is_file():
            yield f"I4 {task} landed and its file is not in the checkout"


def _states(life: Life, store: Store) -> Iterator[str]:
    with closing(sqlite3.connect(life.place.state / "factory.db")) as db:
        rows = db.execute("SELECT id, state, json_extract(body, '$.state') FROM task").fetchall()
    for name, state, inside in rows:
        if state != inside:
            yield f"I5 {name} is {state} and {inside}"
    for task in store.tasks.all():
        told = [fact.kind for fact in store.journal.facts(task=task.id, limit=10_000)]
        if (task.state is TaskState.LANDED) != ("landed" in told):
            yield f"I5 {task.id} is {task.state}, and its journal says {told[-3:]}"
        if not _started(task, told):
            yield f"I5 {task.id} is {task.state}, and its journal says {told}"


def _started(task: Task, told: list[str]) -> bool:
    """Whether the journal knows how the task came to where it is."""
    before = {TaskState.READY: "ready", TaskState.LANDING: "accepted", TaskState.WORKING: "started"}
    return before.get(task.state, "queued") in told


def _processes(life: Life) -> Iterator[str]:
    """None a second after the kill; the engine itself is dead."""
    deadline = time.monotonic() + 1.0
    while (found := ours(life)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for line in found:
        yield f"I6 a process is left: {line}"


def ours(life: Life) -> list[str]:
    """Command lines of what the life's engines started, the push of a landing left out."""
    marks = (life.mark.encode(), os.fsencode(life.place.state))
    found = []
    for _, line in command_lines():
        if any(mark in line for mark in marks) and b"push" not in line and line:
            found.append(line.replace(b"\0", b" ").decode(errors="replace")[:200])
    return found


def _left(life: Life) -> Iterator[str]:
    for root in (life.place.state, life.place.common):
        for lock in root.rglob("*.lock"):
            if lock.name not in OURS:
                yield f"I6 a lock is left: {lock}"
    if str(life.place.state) in Path("/proc/mounts").read_text():
        yield "I6 a mount is left"


def _whole(life: Life) -> Iterator[str]:
    for name in ("vault.git", "history.git", ""):
        folder = life.place.state / name if name else life.place.common
        done = subprocess.run(
            ("git", f"--git-dir={folder}", "fsck", "--no-dangling", "--no-progress"),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            yield f"I7 {folder.name}: {done.stderr[-200:]} {done.stdout[-200:]}"
    with closing(sqlite3.connect(life.place.state / "factory.db")) as db:
        checked = db.execute("PRAGMA quick_check").fetchone()[0]
    if checked != "ok":
        yield f"I7 the database: {checked}"


def _money(life: Life, store: Store) -> Iterator[str]:
    said = 0.0
    for path in (life.place.state / "attempts").glob("*/transcript.jsonl"):
        for line in path.read_text().splitlines():
            entry = json.loads(line) if line.endswith("}") else {}
            said += (entry.get("spend") or {}).get("usd") or 0.0
    lines = store.money.lines()
    booked = sum(line.spend.usd or 0.0 for line in lines if line.settled)
    if abs(said - booked) > 1e-6:
        yield f"I8 agents have spent ${said:g}, and the ledger says ${booked:g}"
