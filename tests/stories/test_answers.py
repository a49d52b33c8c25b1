"""Comments through rounds of a real engine: was, now, still open, kept through a crash."""

from __future__ import annotations

from factory import wire
from factory.entry import Prompt
from factory.model import Anchor, Comment, CommentKind, CommentState
from factory.transcript import Transcript
from factory.worktrees import attempt_name
from tests.developer import Developer
from tests.works import Works, settings, told, works

TEXT = "first\nsay hello\nthe end\nlast\n"
FEEDBACK = "developer ha[s] read"


def by_round(*scripts: str) -> str:
    """A task for the agent `reader`, which gets all that was said: a script for each round."""
    again = "".join(
        f"if [ $(grep -ci '{FEEDBACK}' \"$FACTORY_PROMPT_FILE\") -ge {number} ]; then\n{script}\n"
        "exit 0\nfi\n"
        for number, script in reversed(list(enumerate(scripts)))
    )
    return again + "exit 0"


async def say(
    factory: Works, task: str, name: str, line: int, text: str,
    kind: CommentKind = CommentKind.DO,
) -> None:  # fmt: skip
    anchor = Anchor(path="hello.txt", line=line, text=text)
    await factory.send(wire.SaveComment(id=name, task=task, kind=kind, anchor=anchor, text=name))


async def sent(factory: Works, task: str, remark: str = "") -> dict[str, Comment]:
    """Send what there is and wait for the next round; the comments by name."""
    before = factory.kinds(task).count("ready")
    await factory.send(wire.SendFeedback(task=task, text=remark))
    await factory.once(lambda: factory.kinds(task).count("ready") > before, task)
    details = await factory.client.details(task)
    return {one.id: one for one in details.comments}


def prompts(factory: Works, task: str) -> list[str]:
    folder = factory.engine.shop.attempt_folder(attempt_name(factory.task(task)))
    transcript = Transcript(folder / "transcript.jsonl")
    return [entry.text for entry in transcript.entries() if isinstance(entry, Prompt)]


@told
async def test_each_comment_shows_the_lines_that_answer_it_or_goes_with_the_next_feedback(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(agent="reader")})
    spec = by_round(
        f"printf '{TEXT}' > hello.txt".replace("\n", "\\n"),
        "sed -i 's/say hello/greet them\\nby their name/; 1i\\top' hello.txt",
        "sed -i '/the end/d' hello.txt; echo more >> hello.txt",
    )
    async with works(developer) as factory:
        task = await factory.ready("Greet", spec)
        await say(factory, task, "greet", 2, "say hello")
        await say(factory, task, "drop", 3, "the end")
        await say(factory, task, "know", 4, "last", CommentKind.NOTE)
        found = await sent(factory, task)
        greet = found["greet"]
        assert greet.state is CommentState.ADDRESSED
        assert (greet.anchor.line, greet.anchor.end, greet.was) == (3, 4, "say hello")
        assert greet.anchor.text == "greet them\nby their name"
        drop = found["drop"]
        assert (drop.state, drop.anchor.line, drop.was) == (CommentState.OPEN, 5, "")
        assert found["know"].state is CommentState.ADDRESSED

        found = await sent(factory, task, "and the rest")
        assert "hello.txt:5 (still open from round 1)" in prompts(factory, task)[-1]
        assert "greet" not in prompts(factory, task)[-1].split("Go through")[0].replace(
            "greet them", ""
        )
        drop = found["drop"]
        assert (drop.state, drop.first, drop.round) == (CommentState.ADDRESSED, 1, 2)
        assert (drop.was, drop.anchor.line) == ("the end", 0)
        assert (found["greet"].anchor.line, found["greet"].was) == (3, "say hello")


@told
async def test_what_was_said_before_a_kill_of_the_engine_is_there_after_it(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Greet", "echo hello > hello.txt")
        await say(factory, task, "half a thou", 1, "hello")
    async with works(developer) as factory:
        (kept,) = (await factory.client.details(task)).comments
        assert (kept.text, kept.state) == ("half a thou", CommentState.DRAFT)
