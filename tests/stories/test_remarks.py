"""Remarks through the rounds of a real engine: each is on its line, or says that it is not."""

from __future__ import annotations

from factory import wire
from factory.model import Anchor, Comment, CommentKind, CommentState, TaskState
from tests.developer import Developer
from tests.works import Works, settings, told, works

WORDS = [f"line {number} of the poem" for number in range(12)]

POEM = """
if grep -q 'anothe[r] name' "$FACTORY_PROMPT_FILE"; then
    git mv -f poem.txt verse.txt 2>/dev/null || mv poem.txt verse.txt
    sed -i '1i a title' verse.txt
    sed -i '/line 7 /d' verse.txt
else
    for n in $(seq 0 11); do echo "line $n of the poem"; done > poem.txt
fi
exit
"""


async def remark(factory: Works, task: str, name: str, line: int, kind: CommentKind) -> None:
    text = WORDS[line - 1] if line else ""
    anchor = Anchor(path="poem.txt", line=line, text=text)
    await factory.send(
        wire.SaveComment(id=name, task=task, kind=kind, anchor=anchor, text="another name")
    )


@told
async def test_remarks_follow_a_renamed_file_to_their_lines(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(agent="reader")})
    async with works(developer) as factory:
        task = await factory.ready("Write a poem", POEM)
        await remark(factory, task, "moves", 5, CommentKind.DO)
        await remark(factory, task, "note", 6, CommentKind.NOTE)
        await remark(factory, task, "gone", 8, CommentKind.DO)
        await factory.send(wire.SendFeedback(task=task, text="another name, please"))
        await factory.until(task, TaskState.READY)

        details = await factory.client.details(task)
        found: dict[str, Comment] = {one.id: one for one in details.comments}
        moves, note, gone = (found[name].anchor for name in ("moves", "note", "gone"))
        assert (moves.path, moves.line) == ("verse.txt", 6)
        assert (note.path, note.line) == ("verse.txt", 7)
        assert gone.line == 0, "its line is gone, so it stands on its file"
        assert found["moves"].state is CommentState.OPEN
        assert found["gone"].state is not CommentState.OPEN

        delta = await factory.client.review(task, wire.Look.DELTA)
        (file,) = delta.files
        assert (file.status, file.old_path, file.path) == ("R", "poem.txt", "verse.txt")
