"""The demo, in another order than the one in which `demo --headless` takes it."""

from __future__ import annotations

from pathlib import Path

from factory import wire
from factory.demo import sample
from factory.model import TaskState
from tests.developer import Developer
from tests.works import told, works

PAIR = tuple(draft for draft in sample.TASKS if draft.paths == ("till/receipt.py",))
"""The two that touch the same lines."""


@told
async def test_whoever_takes_the_pair_the_other_way_round_sees_the_conflict_resolved_as_well(
    home: Path,
) -> None:
    shop = Developer.of(sample.make(home, speed=0))
    async with works(shop) as factory:
        names = (await factory.send(wire.Add(drafts=PAIR))).tasks
        for name in names:
            await factory.until(name, TaskState.READY)
        other, first = names
        await factory.land(first)
        await factory.once(lambda: "red" in factory.kinds(other), other)
        await factory.until(other, TaskState.READY)
        await factory.land(other)
    code = shop.shows("till/receipt.py")
    assert all(code.count(word) == 1 for word in ("TAX", "Thank you", "TOTAL")), code
    tests = shop.shows("tests/test_receipt.py")
    assert all(tests.count(f"def test_a_receipt_{word}") == 1 for word in ("shows", "thanks"))
