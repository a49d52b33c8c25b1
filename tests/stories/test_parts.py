"""A change is accepted without some of it: that lands once it is green, the rest goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory import parting, wire
from factory.model import CommentKind, CommentState, Lane, ParkReason, TaskState
from factory.model.comment import Anchor
from factory.wire import ReviewIndex
from tests.developer import Developer
from tests.works import RefusedError, Works, rail, settings, told, works

LONG = "".join(f"line {number}\n" for number in range(40))
GOOD = "sed -i 's/^line 2$/good/; s/^line 20$/bad/; s/^line 38$/fine/' long.txt; echo 1 > new.txt"
RULE = rail("rule", "test -f long.txt && ! { grep -q good long.txt && test -e stop; }")

RECORDING = """
speed = 0
[[task]]
title = "Three lines"
[[task.step]]
[[task.step.call]]
tool = "bash"
command = '''{script}'''
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Three lines are better."
[[task.step]]
when = "taken over a part"
[[task.step.call]]
tool = "bash"
command = "sed -i 's/^bad$/better/' long.txt"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Better now."
"""


def modelled(developer: Developer, home: Path, *rails: str, script: str = GOOD) -> None:
    """An agent that does the script, and something better when a part of it was taken over."""
    recording = home / "recording.toml"
    recording.write_text(RECORDING.format(script=script))
    agent = f'[agents.model]\nkind = "replay"\nrecording = "{recording}"\n'
    toml = settings(*(rails or (RULE,)), agents=agent, agent="model")
    developer.commit({"factory.toml": toml, "long.txt": LONG})


async def index(factory: Works, task: str) -> ReviewIndex:
    return await factory.client.review(task)


def marks(shown: ReviewIndex, path: str, *numbers: int) -> tuple[str, ...]:
    """Ids of some hunks of a file; the mark of the whole file where none is named."""
    file = next(file for file in shown.files if file.path == path)
    return tuple(file.hunks[number].id for number in numbers) or (file.mark,)


async def without(factory: Works, task: str, *ids: str) -> str:
    """Accept a change without these; returns the id of the part."""
    shown = await index(factory, task)
    command = wire.AcceptPart(
        task=task, snapshot=shown.snapshot, tree=shown.tree, left_out=tuple(ids)
    )
    return (await factory.send(command)).tasks[0]


@told
async def test_exactly_the_kept_hunks_land_and_the_rest_goes_back_with_the_comments(
    developer: Developer, home: Path
) -> None:
    modelled(developer, home)
    async with works(developer) as factory:
        task = await factory.ready("Three lines")
        comment = wire.SaveComment(
            id="c", task=task, kind=CommentKind.DO, text="better, not bad",
            anchor=Anchor(path="long.txt", line=21, text="bad"),
        )  # fmt: skip
        await factory.send(comment)
        part = await without(factory, task, *marks(await index(factory, task), "long.txt", 1))
        assert part == "three-lines-rest"
        await factory.until(part, TaskState.LANDED)
        kept = LONG.replace("line 2\n", "good\n").replace("line 38\n", "fine\n")
        assert developer.shows("long.txt", factory.task(part).landed) + "\n" == kept
        assert developer.shows("new.txt") == "1"
        view = await factory.until(task, TaskState.READY)
        transcript = (await factory.client.transcript(f"{task}.1")).text
        assert "taken over a part of your change" in transcript
        assert "> +bad" in transcript
        assert "better, not bad" in transcript
        assert view.change is not None
        assert (view.change.added, view.change.removed) == (1, 1)
        states = [one.state for one in factory.engine.shop.store.reviews.comments(task)]
        assert states != [CommentState.DRAFT]
        await factory.land(task)
        assert factory.kinds(task).count("feedback") == 1
    assert developer.shows("long.txt") + "\n" == kept.replace("line 20\n", "better\n")
    assert developer.subjects()[:2] == ["Three lines", "Three lines"]


@told
async def test_a_file_that_is_left_out_stays_as_it_was(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(RULE), "long.txt": LONG, "gone.txt": "and so\n"})
    script = GOOD + "; rm gone.txt; chmod +x README.md; printf '\\000\\001' > data.bin"
    async with works(developer) as factory:
        task = await factory.ready("Some files", script)
        shown = await index(factory, task)
        left = [marks(shown, name)[0] for name in ("gone.txt", "README.md", "data.bin", "new.txt")]
        await factory.until(await without(factory, task, *left), TaskState.LANDED)
        await factory.once(lambda: factory.task(task).state is TaskState.PARKED, task)
        parked = factory.task(task).parked
        assert parked is not None
        assert "the rest of it has landed" in parked.message
    assert developer.git("ls-tree", "--name-only", "main").split("\n") == [
        "README.md", "factory.toml", "gone.txt", "long.txt",
    ]  # fmt: skip
    assert developer.git("ls-tree", "main", "README.md").startswith("100644")


CRLF = "".join(f"row {number}\r\n" for number in range(40)) + "the end"


@told
async def test_a_file_by_another_name_is_put_back_and_hunks_within_one_byte_for_byte(
    developer: Developer,
) -> None:
    files = {"one.txt": LONG, "two.txt": CRLF, "other.txt": "1\n"}
    developer.commit({"factory.toml": settings(), "keep.txt": "1\n"})
    for name, text in files.items():
        (developer.path / name).write_bytes(text.encode())
    developer.git("add", "--all")
    developer.git("-c", "core.autocrlf=false", "commit", "-qm", "files")
    script = (
        "mv one.txt uno.txt; mv two.txt due.txt; sed -i 's/^row 3\\b/first/; s/^row 20\\b/second/' "
        "due.txt; printf ' of it' >> due.txt; echo 2 > other.txt"
    )
    async with works(developer) as factory:
        task = await factory.ready("Other names", script)
        shown = await index(factory, task)
        assert {file.old_path for file in shown.files} == {"one.txt", "two.txt", ""}
        left = (*marks(shown, "uno.txt"), *marks(shown, "due.txt", 1))
        await factory.until(await without(factory, task, *left), TaskState.LANDED)
    assert developer.shows("one.txt") + "\n" == LONG
    assert "uno.txt" not in developer.git("ls-tree", "--name-only", "main")
    assert "two.txt" not in developer.git("ls-tree", "--name-only", "main")
    assert developer.shows("due.txt") == CRLF.replace("row 3\r", "first\r") + " of it"


@told
async def test_a_red_part_waits_for_the_developer_and_the_whole_is_as_it_was(
    developer: Developer,
) -> None:
    pair = rail("pair", "test -e new.txt || ! grep -q good long.txt")
    developer.commit({"factory.toml": settings(pair), "long.txt": LONG})
    async with works(developer) as factory:
        task = await factory.ready("Three lines", GOOD)
        before = factory.task(task)
        tip = developer.tip()
        part = await without(factory, task, *marks(await index(factory, task), "new.txt"))
        view = await factory.until(part, TaskState.PARKED)
        assert view.task.parked is not None
        assert view.task.parked.reason is ParkReason.STUCK
        assert "without what was left out: pair" in view.task.parked.message
        assert f"{task} itself is as it was" in view.task.parked.message
        after = factory.task(task)
        assert (after.state, after.prompts, after.snapshot) == (
            TaskState.READY,
            (),
            before.snapshot,
        )
        assert developer.tip() == tip
        await factory.land(task)
    assert developer.shows("new.txt") == "1"


@told
async def test_the_whole_cannot_be_accepted_while_a_part_of_it_is_under_way(
    developer: Developer,
) -> None:
    slow = rail("slow", "test -e long.txt; test -e new.txt || sleep 1")
    developer.commit({"factory.toml": settings(slow), "long.txt": LONG})
    async with works(developer) as factory:
        task = await factory.ready("Three lines", GOOD)
        part = await without(factory, task, *marks(await index(factory, task), "new.txt"))
        assert (await factory.view(task)).part == part
        with pytest.raises(RefusedError, match="a part of three-lines, is to land first"):
            await factory.accept(task)
        with pytest.raises(RefusedError, match="is to land first"):
            await without(factory, task, *marks(await index(factory, task), "new.txt"))
        await factory.send(wire.End(task=part))
        await factory.land(task)
    assert developer.shows("new.txt") == "1"


@told
async def test_only_what_was_shown_can_be_left_out_of_exactly_what_was_shown(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(RULE), "long.txt": LONG})
    async with works(developer) as factory:
        task = await factory.ready("Three lines", GOOD)
        shown = await index(factory, task)
        every = tuple(hunk.id for file in shown.files for hunk in file.hunks)
        for ids, words in (
            (("0" * 16,), "not in this change any more"),
            ((), "nothing is left out"),
            (every, "nothing would be left"),
        ):
            with pytest.raises(RefusedError, match=words):
                await without(factory, task, *ids)
        other = wire.AcceptPart(
            task=task, snapshot=shown.snapshot, tree="0" * 40, left_out=every[:1]
        )
        with pytest.raises(RefusedError, match="has changed since you looked"):
            await factory.send(other)
        assert len(factory.engine.shop.store.tasks.all()) == 1


@told
async def test_a_part_lands_on_a_target_that_moved_and_is_gated_on_it(
    developer: Developer,
) -> None:
    slow = rail("slow", "sleep 0.5; ! { grep -q good long.txt && test -e stop; }")
    developer.commit({"factory.toml": settings(slow), "long.txt": LONG})
    async with works(developer) as factory:
        task = await factory.ready("Three lines", GOOD)
        part = await without(factory, task, *marks(await index(factory, task), "long.txt", 1))
        tip = developer.commit({"unrelated.txt": "1\n"})
        landed = (await factory.until(part, TaskState.LANDED)).task.landed
        assert developer.git("rev-parse", f"{landed}^") == tip
        assert developer.shows("unrelated.txt") == "1"
    assert "line 20" in developer.shows("long.txt")


@told
async def test_a_part_that_is_no_longer_what_was_accepted_waits_to_be_looked_at(
    developer: Developer,
) -> None:
    """The developer makes some of it themselves meanwhile: what would land is another diff."""
    slow = rail("slow", "sleep 0.5; test -e long.txt")
    developer.commit({"factory.toml": settings(slow), "long.txt": LONG})
    async with works(developer) as factory:
        task = await factory.ready("Three lines", GOOD)
        part = await without(factory, task, *marks(await index(factory, task), "long.txt", 1))
        developer.commit({"long.txt": LONG.replace("line 2\n", "good\n")})
        await factory.until(part, TaskState.READY)
        assert "landed" not in factory.kinds(part)
        assert factory.task(task).state is TaskState.READY


@told
async def test_without_the_comparison_another_diff_would_land_by_itself(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factory.lifecycle.may_land_as_part", lambda task, change: bool(task.part))
    slow = rail("slow", "sleep 0.5; test -e long.txt")
    developer.commit({"factory.toml": settings(slow), "long.txt": LONG})
    async with works(developer) as factory:
        task = await factory.ready("Three lines", GOOD)
        part = await without(factory, task, *marks(await index(factory, task), "long.txt", 1))
        developer.commit({"long.txt": LONG.replace("line 2\n", "good\n")})
        await factory.until(part, TaskState.LANDED)


@told
async def test_a_part_lands_by_itself_with_the_marks_that_were_seen(developer: Developer) -> None:
    suite = rail("suite", "sh tests/run.sh")
    first = {"value.txt": "good\n", "tests/run.sh": "grep -qx good value.txt\n"}
    developer.commit({"factory.toml": settings(suite), **first})
    cheat = "echo bad > value.txt; echo true > tests/run.sh; echo 1 > new.txt"
    async with works(developer) as factory:
        task = await factory.ready("Change the value", cheat)
        change = (await factory.view(task)).change
        assert change is not None
        assert change.lane is Lane.EYES
        part = await without(factory, task, *marks(await index(factory, task), "new.txt"))
        await factory.until(part, TaskState.LANDED)


@told
async def test_the_rest_goes_back_once_though_the_engine_dies_as_the_part_lands(
    developer: Developer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the push and the row: the next engine finds the landing, and tells the agent."""
    modelled(developer, home)

    def dies(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        async with works(developer) as factory:
            task = await factory.ready("Three lines")
            broken.setattr(parting, "landed", dies)
            part = await without(factory, task, *marks(await index(factory, task), "long.txt", 1))
            await factory.once(lambda: _moved(developer), part)
            assert factory.task(part).landing is not None, "neither half of it was written"
            assert factory.task(task).state is TaskState.READY
    async with works(developer) as factory:
        await factory.until(part, TaskState.LANDED)
        await factory.until(task, TaskState.READY)
        assert factory.kinds(task).count("feedback") == 1
        assert factory.kinds(part).count("landed") == 1
    assert developer.subjects().count("Three lines") == 1


def _moved(developer: Developer) -> bool:
    return "new.txt" in developer.git("ls-tree", "--name-only", "main").split("\n")


@told
async def test_links_and_submodules_are_left_out_whole(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(), "one.txt": "1\n"})
    (developer.path / "link").symlink_to("one.txt")
    oid = developer.tip()
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub")
    developer.git("add", "link")
    developer.git("commit", "-qm", "a link and a submodule")
    before = developer.git("ls-tree", "main")
    other = (
        "ln -sfn README.md link; ln -s one.txt new; rm one.txt; ln -s README.md one.txt; "
        "echo 1 > kept.txt"
    )
    async with works(developer) as factory:
        task = await factory.ready("Links", other)
        shown = await index(factory, task)
        left = [file.mark for file in shown.files if file.path != "kept.txt"]
        assert len(left) >= 3
        hunks = tuple(hunk.id for f in shown.files if f.path == "link" for hunk in f.hunks)
        ids = (*(mark for mark in left if mark != marks(shown, "link")[0]), *hunks)
        await factory.until(await without(factory, task, *ids), TaskState.LANDED)
    now = developer.git("ls-tree", "main").split("\n")
    assert [line for line in now if "kept.txt" not in line] == before.split("\n")


@told
async def test_a_part_that_is_sent_twice_is_made_once(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(rail("slow", "sleep 0.3; test -f long.txt")),
                      "long.txt": LONG})  # fmt: skip
    async with works(developer) as factory:
        task = await factory.ready("Three lines", GOOD)
        shown = await index(factory, task)
        command = wire.AcceptPart(
            task=task, snapshot=shown.snapshot, tree=shown.tree, tip=shown.tip,
            left_out=marks(shown, "new.txt"),
        )  # fmt: skip
        made = [(await factory.send(command, key="same")).tasks for _ in range(2)]
        assert made[0] == made[1]
        with pytest.raises(RefusedError, match="is to land first"):
            await factory.send(command, key="other")
        await factory.until(made[0][0], TaskState.LANDED)
        with pytest.raises(RefusedError, match="only a ready change can be"):
            await factory.send(command, key="late")
        assert len(factory.engine.shop.store.tasks.all()) == 2
    assert developer.subjects().count("Three lines") == 1


@told
async def test_no_part_of_what_was_sent_back_or_refused_lands(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(RULE), "long.txt": LONG})
    async with works(developer) as factory:
        task = await factory.ready("Three lines", GOOD)
        shown = await index(factory, task)
        command = wire.AcceptPart(
            task=task, snapshot=shown.snapshot, tree=shown.tree, left_out=marks(shown, "new.txt")
        )
        await factory.send(wire.Reject(task=task))
        with pytest.raises(RefusedError, match="is rejected and cannot be accepted"):
            await factory.send(command)
        await factory.send(wire.TakeBack(task=task))
        await factory.send(wire.SendFeedback(task=task, text="sleep 5"))
        with pytest.raises(RefusedError, match="only a ready change can be"):
            await factory.send(command)
        assert len(factory.engine.shop.store.tasks.all()) == 1
