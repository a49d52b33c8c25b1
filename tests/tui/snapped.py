"""The screens whose looks are kept: each function opens one, with all that can be told apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from factory.model import Anchor, Comment, CommentKind
from factory.wire import MovedLines
from tests.stage import NOW, Stage
from tests.stage_review import Diff, guardrails, review_stage
from tests.tui.reviewed import Clock, Review, reviewing
from tui.settings import Settings

SIZES = ((80, 24), (120, 40), (200, 60))

_DROP = ("func drop() {", "\treset(all, done)", "}")
_DOOR = "-\tserve(8080)\n+\tserve(9090)"
_TAKE = """\
 func (b *Bucket) Take(n int) bool {
-\tb.tokens -= n
+\tb.tokens -= float64(n)
 \treturn true // the tokens are there
 }"""


def full() -> Diff:
    """A short diff with a word that changed, a block that moved, a test, a folded file."""
    gone = "\n".join(f"-{line}" for line in _DROP)
    come = "\n".join(f"+{line}" for line in _DROP)
    return (
        Diff()
        .file("cmd/serve.go", (12, "func main()", _DOOR))
        .file("limit/bucket.go", (41, "func Take", _TAKE), (88, "", gone), critical=True)
        .file("limit/drop.go", (3, "package limit", come))
        .file(
            "limit/bucket_test.go",
            (30, "func TestTake", '+\tt.Skip("flaky") '),
            kind="test",
            badges=("test-edited",),
        )
        .file("go.sum", (1, "", "+a\n+b\n+c"), kind="folded")
    )


def remark() -> Comment:
    """A draft on the first line of the hunk with the changed word."""
    anchor = Anchor(path="limit/bucket.go", line=41, text="func (b *Bucket) Take(n int) bool {")
    return Comment(
        id="c1", task="rate-limit", kind=CommentKind.DO, text="inject the clock", round=2,
        anchor=anchor, at=NOW,
    )  # fmt: skip


def stage() -> Stage:
    """The diff with a remark on it, and a guardrail that is red."""
    diff = full()
    found = review_stage(diff, remarks=(remark(),))
    moved = [at for at, row in enumerate(diff.rows) if row.text == _DROP[0]]
    found.moves = (MovedLines(old=moved[0], new=moved[1], rows=len(_DROP)),)
    tasks = tuple(replace(item, guardrails=guardrails()) for item in found.overview.tasks)
    found.overview = replace(found.overview, tasks=tasks)
    kept = found.details["rate-limit"]
    view = replace(kept.view, guardrails=guardrails())
    found.details["rate-limit"] = replace(kept, view=view)
    found.logs = {run.id: b"limit/bucket.go:42: error: no clock\n" for run in kept.runs}
    return found


@asynccontextmanager
async def opened(
    name: str, size: tuple[int, int], settings: Settings | None = None
) -> AsyncIterator[Review]:
    """One of `STATES`, with a clock that stands still."""
    async with reviewing(stage(), size=size, clock=Clock(step=0), settings=settings) as review:
        await STATES[name](review)
        await review.settle()
        yield review


async def _review(review: Review) -> None:
    """A hunk that was seen, one that is left out, a search with hits, a range at the cursor."""
    await review.press(*"]]]]]r", *"{{]", "minus", "g", "/")
    await review.write("tokens")
    await review.press("enter", "n", "v", "j")


async def _page(review: Review) -> None:
    await review.press("i")


async def _inbox(review: Review) -> None:
    await review.press("q", "G", "space", "k")


async def _evidence(review: Review) -> None:
    await review.press("b", "j", "j", "j")


async def _log(review: Review) -> None:
    await review.press("b", "j", "j", "j", "enter")


KEPT = {"review": _review, "opening": _page, "inbox": _inbox, "evidence": _evidence}
"""Those whose looks are kept."""
STATES = {**KEPT, "log": _log}
