"""Canned changes for the review screens: diffs built line by line, comments, runs, logs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from factory.model import (
    Anchor,
    Change,
    Comment,
    CommentKind,
    CommentState,
    Handoff,
    Lane,
    Mark,
    Parked,
    ParkReason,
    Run,
    Spend,
    Task,
    TaskState,
    Verdict,
)
from factory.wire import (
    AnyCommand,
    Details,
    DropComment,
    FileView,
    GuardrailStatus,
    HunkView,
    LeaveOut,
    Look,
    MarkSeen,
    Overview,
    Reply,
    ReviewIndex,
    Row,
    RowKind,
    SaveComment,
    TaskView,
)
from tests.stage import NOW, Stage

TIP = "3f2a9c1" + "0" * 33
TREE = "9c41e07" + "0" * 33
SNAPSHOT = "5a5a5a5" + "0" * 33


@dataclass
class Diff:
    """Files, hunks and lines, written the way they read; gives an index and its rows."""

    rows: list[Row] = field(default_factory=list)
    files: list[FileView] = field(default_factory=list)

    def file(self, path: str, *hunks: tuple[int, str, str], **fields: Any) -> Diff:
        """Add a file: each hunk is its first line, its heading, and its lines with their signs."""
        start, number = len(self.rows), len(self.files)
        self.rows.append(Row(RowKind.FILE, 0, 0, path, number))
        for note in fields.get("notes", ()):
            self.rows.append(Row(RowKind.NOTE, 0, 0, note, number))
        views = [self._hunk(number, path, *hunk) for hunk in hunks]
        lines = [row.kind for row in self.rows[start:]]
        self.files.append(
            FileView(
                path=path, row=start, rows=len(self.rows) - start, hunks=tuple(views),
                added=lines.count(RowKind.ADDED), removed=lines.count(RowKind.REMOVED),
                mark=f"file-{path}", **fields,
            )
        )  # fmt: skip
        return self

    def _hunk(self, number: int, path: str, first: int, heading: str, text: str) -> HunkView:
        start, name = len(self.rows), f"{path}-{first}"
        self.rows.append(Row(RowKind.HUNK, first, first, heading, number, name))
        old = new = first
        for line in text.splitlines():
            kind, words = line[:1] or " ", line[1:]
            self.rows.append(
                Row(kind, old * (kind != "+"), new * (kind != "-"), words, number, name)
            )
            old, new = old + (kind != "+"), new + (kind != "-")
        return HunkView(
            id=name, row=start, rows=len(self.rows) - start, heading=heading, old=first, new=first
        )

    def index(self, task: str, *, tree: str = TREE, delta: bool = False) -> ReviewIndex:
        """The index of what was added."""
        return ReviewIndex(
            task=task, snapshot=SNAPSHOT, tip=TIP, tree=tree, against="7" * 40,
            rows=len(self.rows), files=tuple(self.files), delta=delta,
            added=sum(file.added for file in self.files),
            removed=sum(file.removed for file in self.files),
        )  # fmt: skip


def bucket() -> Diff:
    """The change of the design's picture."""
    return (
        Diff()
        .file(
            "internal/limit/bucket.go",
            (41, "func (b *Bucket) Take(n int) bool", _TAKE),
            (88, "func (b *Bucket) refill(now time.Time)", _REFILL),
            critical=True,
        )
        .file("cmd/serve.go", (12, "func main()", _SERVE))
        .file(
            "internal/limit/bucket_test.go",
            (30, "func TestTake(t *testing.T)", _TEST),
            kind="test",
            badges=("test-edited",),
        )
        .file("go.sum", (1, "", "+a\n+b\n+c"), kind="folded")
    )


_TAKE = """\
 func (b *Bucket) Take(n int) bool {
+\tb.refill(time.Now())
+\tif b.tokens < float64(n) {
+\t\treturn false // "empty"
+\t}
-\tb.tokens -= n
+\tb.tokens -= float64(n)
 \treturn true
 }"""

_REFILL = """\
 // refill adds what has grown since the last call.
+func (b *Bucket) refill(now time.Time) {
+\tb.tokens = min(b.size, b.tokens+now.Sub(b.last).Seconds()*b.rate)
+\tb.last = now
+}"""

_SERVE = """\
 func main() {
-\tserve(":8080")
+\tserve(":8080", limit.New(100, 10)) // 漢字 wide, and a long comment that runs past the edge
 }"""

_TEST = """\
 func TestTake(t *testing.T) {
-\tif !b.Take(1) { t.Fatal("empty") }
+\tt.Skip("flaky")
 }"""


def guardrails() -> tuple[GuardrailStatus, ...]:
    return (
        GuardrailStatus(
            name="ruff", verdict=Verdict.PASS, seconds=0.12, summary="clean", run="run-ruff"
        ),
        GuardrailStatus(
            name="tests", verdict=Verdict.PASS, seconds=12.4, summary="143 passed", run="run-tests"
        ),
        GuardrailStatus(
            name="types", verdict=Verdict.FAIL, seconds=3.2, summary="2 errors", run="run-types"
        ),
    )


def run(name: str, guardrail: str, verdict: Verdict, summary: str, **fields: Any) -> Run:
    given: dict[str, Any] = {
        "tree": TREE, "key": "k", "tool": f"{guardrail} 1.2", "exit_code": 0, "seconds": 0.12,
        "at": NOW - 120, "command": f"run-{guardrail}",
    }  # fmt: skip
    return Run(id=name, guardrail=guardrail, verdict=verdict, summary=summary, **given | fields)


def runs() -> tuple[Run, ...]:
    """Of three guardrails on this tree, one of them run twice; and one on an earlier tree."""
    found = "internal/limit/bucket.go:42: error: no clock\ncmd/serve.go:13: error: no limit"
    return (
        run("run-types", "types", Verdict.FAIL, "2 errors", exit_code=1, details=found),
        run("run-tests", "tests", Verdict.PASS, "143 passed", seconds=12.4, counted=143),
        run("run-tests-0", "tests", Verdict.FLAKY, "1 failed, 142 passed", at=NOW - 400),
        run("run-ruff", "ruff", Verdict.PASS, "clean"),
        run("run-old", "ruff", Verdict.FAIL, "3 findings", tree="1" * 40, at=NOW - 4_000),
    )


def change(task: str, *, tree: str = TREE, **fields: Any) -> Change:
    given: dict[str, Any] = {
        "task": task, "number": 1, "snapshot": SNAPSHOT, "base": TIP, "tip": TIP, "tree": tree,
        "patch_id": "p", "at": NOW - 60, "added": 90, "removed": 4, "green": True,
        "files": ("internal/limit/bucket.go", "cmd/serve.go"),
    }  # fmt: skip
    return Change(**given | fields)


def view(task: str, title: str, state: TaskState = TaskState.READY, **fields: Any) -> TaskView:
    own = {"rounds": fields.pop("rounds", 2), "parked": fields.pop("parked", None)}
    given: dict[str, Any] = {
        "task": Task(
            id=task, title=title, agent="claude", created_at=NOW - 9_000, changed_at=NOW - 600,
            state=state, **own,
        ),
        "spent": Spend(usd=0.52, input_tokens=40_000),
        "change": change(task) if state is TaskState.READY else None,
        "guardrails": guardrails()[:2],
        "since": NOW - 600,
        "hunks": 4,
    }  # fmt: skip
    return TaskView(**given | fields)


def views() -> tuple[TaskView, ...]:
    """One item of each kind that waits, and one that does not."""
    eyes = change(
        "rate-limit", lane=Lane.EYES, weakened=("tests",), critical=("internal/limit/bucket.go",),
        marks=(Mark(kind="skipped test", path="internal/limit/bucket_test.go", line=31),),
        handoff=Handoff(
            summary="Requests are limited per client.",
            deviations=("config flag",), unproven=("benchmarked",),
        ),
    )  # fmt: skip
    question = Parked(reason=ParkReason.QUESTION, message="keep the old column order?")
    conflict = Parked(reason=ParkReason.CONFLICT, message="src/auth.py:88")
    return (
        view("rate-limit", "Limit requests per client", change=eyes, overlaps=("fix-login",),
             since=NOW - 7_200),
        view("retry-http", "Retry idempotent requests", since=NOW - 1_800),
        view("docs-typos", "Fix typos in the docs", since=NOW - 86_400, behind=2, stale_on=TIP),
        view("csv-export", "Keep the header order in CSV exports", TaskState.PARKED,
             parked=question, rounds=1, since=NOW - 180, spent=Spend(usd=0.31)),
        view("fix-login", "Log in with a space in the name", TaskState.PARKED, parked=conflict,
             change=change("fix-login", green=False), since=NOW - 400),
        view("i18n", "Translate the menus", TaskState.WORKING, change=None),
    )  # fmt: skip


def comments() -> tuple[Comment, ...]:
    """Two drafts, and what became of two older ones."""
    path = "internal/limit/bucket.go"
    return (
        Comment(
            id="c1", task="rate-limit", kind=CommentKind.DO, text="inject the clock", round=2,
            anchor=Anchor(path=path, line=42, text="\tb.refill(time.Now())"), at=NOW,
        ),
        Comment(
            id="c2", task="rate-limit", kind=CommentKind.QUESTION, text="why a float?", round=1,
            anchor=Anchor(path=path, line=46), state=CommentState.ANSWERED, at=NOW,
            reply="a rate below one token a second needs it",
        ),
        Comment(
            id="c3", task="rate-limit", kind=CommentKind.DO, text="name the constant", round=1,
            anchor=Anchor(path=path, line=70), state=CommentState.OUTDATED, at=NOW,
        ),
    )  # fmt: skip


def overview(*tasks: TaskView) -> Overview:
    return Overview(
        seq=1, repository="myrepo", path="/src/myrepo", target="main", tip=TIP, now=NOW,
        tasks=tasks or views(), guardrails=("ruff", "tests", "types"),
    )  # fmt: skip


def review_stage(diff: Diff | None = None, *, remarks: tuple[Comment, ...] = ()) -> Stage:
    """A stage on which every change shows the same diff; marks and comments are kept."""
    shown = diff or bucket()
    stage = Stage(overview=overview())
    for item in stage.overview.tasks:
        name = item.task.id
        stage.details[name] = Details(
            view=item, runs=runs(), comments=remarks if name == "rate-limit" else ()
        )
        for look in Look:
            stage.reviews[name, look] = shown.index(name, delta=look is Look.DELTA)
            stage.rows[name, look] = tuple(shown.rows)
    stage.answer = lambda command: _keep(stage, command)
    _count(stage)
    return stage


def _keep(stage: Stage, command: AnyCommand) -> Reply:
    """Do what the engine does with marks and comments."""
    match command:
        case MarkSeen(task=name, marks=marks, seen=seen):
            for look in Look:
                index = stage.reviews[name, look]
                files = tuple(_marked(file, marks, seen=seen) for file in index.files)
                stage.reviews[name, look] = replace(index, files=files)
        case LeaveOut(task=name, marks=marks, out=out):
            for look in Look:
                index = stage.reviews[name, look]
                files = tuple(_left_out(file, marks, out=out) for file in index.files)
                stage.reviews[name, look] = replace(index, files=files)
        case SaveComment(task=name):
            old = stage.details[name]
            rest = tuple(c for c in old.comments if c.id != command.id)
            kept = Comment(
                id=command.id, task=name, kind=command.kind, anchor=command.anchor,
                text=command.text, at=NOW,
            )  # fmt: skip
            stage.details[name] = replace(old, comments=(*rest, kept))
        case DropComment():
            for name, old in stage.details.items():
                rest = tuple(c for c in old.comments if c.id != command.id)
                stage.details[name] = replace(old, comments=rest)
    _count(stage)
    return Reply()


def _marked(file: FileView, marks: tuple[str, ...], *, seen: bool) -> FileView:
    hunks = tuple(replace(h, seen=seen) if h.id in marks else h for h in file.hunks)
    return replace(file, hunks=hunks, seen=bool(hunks) and all(h.seen for h in hunks))


def _left_out(file: FileView, marks: tuple[str, ...], *, out: bool) -> FileView:
    hunks = tuple(replace(h, left_out=out) if h.id in marks else h for h in file.hunks)
    left = all(h.left_out for h in hunks) if hunks else out if file.mark in marks else file.left_out
    return replace(file, hunks=hunks, left_out=left)


def _count(stage: Stage) -> None:
    """Have the overview count as the engine would."""
    tasks = []
    for item in stage.overview.tasks:
        name = item.task.id
        files = stage.reviews[name, Look.CHANGE].files
        hunks = [h for f in files for h in f.hunks or ((f,) if f.mark else ())]
        drafts = [c for c in stage.details[name].comments if c.state is CommentState.DRAFT]
        seen = sum(h.seen for h in hunks)
        left = sum(h.left_out for h in hunks)
        tasks.append(
            replace(item, seen=seen, hunks=len(hunks), comments=len(drafts), left_out=left)
        )
    stage.overview = replace(stage.overview, tasks=tuple(tasks))
