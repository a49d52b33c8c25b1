"""README's recorded session: from a red guardrail over a comment to an accepted change.

`python -m tests.session` plays it for real (the model's answers are recorded) and draws
docs/pictures/session.svg: one picture that turns its pages by itself.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot

from factory import spawn, wire
from factory.client import Client, connect
from factory.model import TaskState
from factory.wire import TaskView
from tests.pictures import FOLDER, PATIENCE, drawn
from tui.app import FactoryApp

SIZE = (104, 30)
SECONDS = 5.0
"""How long each page is shown."""
TASK = "add-a-discount-to-orders"

_ROUND = """
[[task.step]]
when = "Refuse it, with a test"
say = "A discount beyond 100 would pay the customer. I refuse it, and test that."
usage = { input = 310, cached = 2950, output = 260 }
[[task.step.call]]
tool = "bash"
command = '''python3 - <<'EOF'
from pathlib import Path

code = Path("till/orders.py")
text = code.read_text()
if "ValueError" not in text:
    text = text.replace(
        "        full = sum(",
        "        if not 0 <= self.discount <= 100:\\n"
        '            raise ValueError(f"a discount of {self.discount} % is none")\\n'
        "        full = sum(",
    )
    code.write_text(text)
tests = Path("tests/test_orders.py")
text = tests.read_text()
if "raises" not in text:
    tests.write_text(
        "import pytest\\n\\n" + text + "\\n\\n"
        "def test_a_discount_beyond_the_whole_is_refused():\\n"
        "    made = order()\\n"
        "    made.discount = 101\\n"
        "    with pytest.raises(ValueError):\\n"
        "        made.total()\\n"
    )
EOF
ruff check . && ruff format --check . && python3 -m pytest -q'''

[[task.step]]
say = "Green."
usage = { input = 240, cached = 3260, output = 110 }
[[task.step.call]]
tool = "handoff"
summary = "Orders can have a discount of 0 to 100 percent, taken off the whole order."
findings = ["1. A discount below 0 or above 100 raises ValueError now, with a test."]
"""
"""What the model answers to the comment."""


class Page(NamedTuple):
    """One moment of the session: what happens, and the screen's picture."""

    caption: str
    picture: str


async def play(folder: Path) -> list[Page]:
    """The session, played in a folder of its own; nothing of it is staged but the answers."""
    place, drafts = spawn.make_demo(folder)
    recording = folder / "recording.toml"
    head, *parts = re.split(r"(?m)^# --- ", recording.read_text())
    recording.write_text(
        head + next(p for p in parts if p.startswith("2")).partition("\n")[2] + _ROUND
    )
    only = tuple(draft for draft in drafts if draft.title == "Add a discount to orders")

    @asynccontextmanager
    async def attached() -> AsyncIterator[Client]:
        await spawn.ensure_engine(place)
        async with connect(place.socket) as client:
            await client.send(wire.Add(drafts=only), key="session")
            yield client

    app = FactoryApp(attached)
    try:
        async with app.run_test(size=SIZE) as pilot:
            return await _Session(app, pilot).told()
    finally:
        await spawn.stop_engine(place, at_once=True)


class _Session:
    """The developer at the keys."""

    def __init__(self, app: FactoryApp, pilot: Pilot[None]) -> None:
        self._app, self._pilot = app, pilot
        self._pages: list[Page] = []

    async def told(self) -> list[Page]:
        await self._until(lambda view: view.task.state is TaskState.WORKING and view.task.round > 0)
        self._look("A guardrail is red. Its agent gets the failure back, and goes on by itself.")
        await self._until(lambda view: view.task.state is TaskState.READY)
        await self._press("2")
        self._look("Green on the tree that would land: now it waits in the Inbox.")
        await self._press("enter")
        self._look("enter: one page says what was asked, what is claimed, and what to look at.")
        await self._press("space", "slash")
        await self._write("full = sum")
        await self._press("enter")
        self._look("space reads on; / finds. Every line has both its numbers.")
        await self._press("m")
        await self._write("What if the discount is above 100? Refuse it, with a test.")
        self._look("m: a comment on the line. It is a draft, and safe, from the first letter on.")
        await self._press("enter", "f", "enter")
        self._look("f: all comments go back together, to the same agent in the same worktree.")
        await self._press("y")
        await self._until(lambda view: view.task.state is TaskState.WORKING)
        await self._until(lambda view: view.task.state is TaskState.READY)
        await self._press("2", "enter")
        self._look("The next round opens with what is new in it, and what became of the comment.")
        await self._press("space")
        self._look("Only what changed since the last look; the answer stands under the comment.")
        await self._press("space", "space", "space")
        await self._pilot.pause(0.7)
        await self._press("a")
        self._look("a: what the decision rests on. y, and it lands.")
        await self._press("y")
        await self._until(lambda view: view.task.state is TaskState.LANDED)
        await self._press("0")
        self._look("Landed: one commit on main, nothing of the checkout disturbed.")
        return self._pages

    def _look(self, caption: str) -> None:
        self._pages.append(Page(caption, drawn(self._app)))
        sys.stdout.write(f"{caption}\n")

    async def _press(self, *keys: str) -> None:
        for key in keys:
            await self._pilot.press(key)
            await self._pilot.pause(0.6)

    async def _write(self, words: str) -> None:
        for letter in words:
            await self._pilot.press("space" if letter == " " else letter)
        await self._pilot.pause(0.6)

    async def _until(self, ready: Callable[[TaskView], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not any(ready(view) for view in self._tasks()):
                await self._pilot.pause(0.05)
        await self._pilot.pause(0.3)

    def _tasks(self) -> tuple[TaskView, ...]:
        overview = self._app.feed.overview
        return tuple(v for v in overview.tasks if v.task.id == TASK) if overview else ()


def bound(pages: list[Page]) -> str:
    """All pages in one SVG that shows them one after the other, again and again."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', pages[0].picture)
    assert size is not None
    width, height = float(size[1]), float(size[2]) + 36
    whole = SECONDS * len(pages)
    share = 100 / len(pages)
    shown = (
        f"@keyframes turn {{ 0%, {share:.3f}% {{ visibility: visible }} "
        f"{share + 0.001:.3f}%, 100% {{ visibility: hidden }} }} "
        f".page {{ visibility: hidden; animation: turn {whole}s step-end infinite }} "
        ".said { font: 17px sans-serif; fill: #888 }"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">',
        f"<style>{shown}</style>",
    ]
    for number, page in enumerate(pages):
        inner = re.sub(r"<\?xml.*?\?>|<!--.*?-->", "", page.picture, flags=re.DOTALL).strip()
        inner = inner.replace("<svg ", f'<svg y="36" width="{width}" height="{height - 36}" ', 1)
        said = f"{number + 1}/{len(pages)} · {escape(page.caption)}"
        parts.append(
            f'<g class="page" style="animation-delay: {number * SECONDS - whole:.1f}s">'
            f'<text class="said" x="12" y="24">{said}</text>{inner}</g>'
        )
    return "\n".join((*parts, "</svg>", ""))


def record(file: Path) -> None:
    """Play the session and write the picture."""
    with tempfile.TemporaryDirectory(prefix="ft-") as name:
        pages = asyncio.run(play(Path(name)))
    file.write_text(bound(pages))
    sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    record(FOLDER / "session.svg")
