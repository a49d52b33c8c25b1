"""The second round of a change: what is new in it, and what of it was seen before."""

from __future__ import annotations

from factory import wire
from factory.model import TaskState
from factory.wire import FileView, HunkView, Look, ReviewIndex
from tests.developer import Developer
from tests.works import Works, settings, told, works

TWO_FILES = """
seq 1 40 > a.txt; sed -i 's/^20$/twenty/' a.txt
echo one > b.txt
if grep -q 'loude[r]' "$FACTORY_PROMPT_FILE"; then sed -i 's/twenty/TWENTY/' a.txt; fi
exit
"""
"""`a.txt` is of the developer's, `b.txt` new; the second round changes one line of the first."""


def hunks(index: ReviewIndex) -> dict[str, list[HunkView]]:
    return {file.path: list(file.hunks) for file in index.files}


async def seen(
    factory: Works, task: str, files: tuple[FileView, ...], *, mark: bool = True
) -> None:
    marks = tuple(hunk.id for file in files for hunk in file.hunks)
    await factory.send(wire.MarkSeen(task=task, marks=marks, seen=mark))


async def second_round(factory: Works, developer: Developer, *, read: bool) -> str:
    """A task that came back, while the target moved: its first round was read, or was not."""
    task = await factory.ready("Count", TWO_FILES)
    first = await factory.client.review(task)
    assert not (await factory.view(task)).looked
    if read:
        await seen(factory, task, first.files)
    await factory.send(wire.SendFeedback(task=task, text="louder"))
    developer.commit({"other.txt": "landed meanwhile\n"})
    await factory.until(task, TaskState.WORKING, TaskState.CHECKING)
    await factory.until(task, TaskState.READY)
    return task


@told
async def test_a_new_round_shows_what_it_changed_and_not_what_others_landed(
    developer: Developer,
) -> None:
    numbers = "".join(f"{n}\n" for n in range(1, 41))
    developer.commit({"factory.toml": settings(agent="reader"), "a.txt": numbers})
    async with works(developer) as factory:
        task = await second_round(factory, developer, read=True)
        view = await factory.view(task)
        assert view.change is not None
        assert view.change.tip == developer.git("rev-parse", "main")
        assert view.looked
        delta = await factory.client.review(task, Look.DELTA)
        assert [file.path for file in delta.files] == ["a.txt"]
        assert (delta.added, delta.removed) == (1, 1)


@told
async def test_who_read_the_first_round_and_the_delta_has_seen_it_all(developer: Developer) -> None:
    numbers = "".join(f"{n}\n" for n in range(1, 41))
    developer.commit({"factory.toml": settings(agent="reader"), "a.txt": numbers})
    async with works(developer) as factory:
        task = await second_round(factory, developer, read=True)
        whole = hunks(await factory.client.review(task))
        assert [hunk.seen for hunk in whole["b.txt"]] == [True], "the same lines as before"
        assert [hunk.seen for hunk in whole["a.txt"]] == [False]
        delta = await factory.client.review(task, Look.DELTA)
        await seen(factory, task, delta.files)
        view = await factory.view(task)
        assert (view.seen, view.hunks) == (2, 2)
        await seen(factory, task, delta.files, mark=False)
        assert (await factory.view(task)).seen == 1


@told
async def test_who_did_not_read_the_first_round_has_seen_the_delta_alone(
    developer: Developer,
) -> None:
    numbers = "".join(f"{n}\n" for n in range(1, 41))
    developer.commit({"factory.toml": settings(agent="reader"), "a.txt": numbers})
    async with works(developer) as factory:
        task = await second_round(factory, developer, read=False)
        delta = await factory.client.review(task, Look.DELTA)
        await seen(factory, task, delta.files)
        view = await factory.view(task)
        assert (view.seen, view.hunks) == (0, 2)
