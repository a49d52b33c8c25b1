"""Files of git-lfs in a whole factory: read by agents and checks, moved, and never replaced."""

from __future__ import annotations

from factory.entry import Remark
from factory.model import TaskState
from factory.transcript import Transcript
from tests.developer import Developer
from tests.git.test_lfs import pointer, with_object
from tests.git.test_submodules import with_library
from tests.works import Works, rail, settings, told, works

CONTENT = b"the real thing\n"
RAIL = rail("content", "grep -q real *.bin")
FILES = {
    ".gitattributes": "*.bin filter=lfs -text\n",
    "a.bin": pointer(CONTENT),
    "far.bin": pointer(b"never fetched"),
}


def remarks(factory: Works, task: str) -> list[str]:
    folder = factory.engine.shop.attempt_folder(f"{task}.1")
    entries = Transcript(folder / "transcript.jsonl").entries()
    return [entry.text for entry in entries if isinstance(entry, Remark)]


@told
async def test_a_file_of_lfs_is_read_and_moved_but_no_new_content_of_it_lands(
    developer: Developer,
) -> None:
    top = "[environment]\nlfs = true\nsubmodules = true\n"
    with_object(developer, CONTENT)
    developer.commit({"factory.toml": settings(RAIL, top=top), **FILES})
    with_library(developer)
    (developer.path / "vendor/lib").mkdir(parents=True)
    async with works(developer) as factory:
        task = await factory.ready(
            "Move", "grep -q real a.bin && mv a.bin b.bin; echo 1 >> vendor/lib/lib.py"
        )
        said = [one for one in remarks(factory, task) if one.startswith(("far.bin", "vendor/lib"))]
        missing, module = said  # each once
        assert missing.startswith("far.bin stays a pointer")
        assert module.startswith("vendor/lib is a submodule: what is changed inside it is in no")
        await factory.land(task)
        assert developer.shows("b.bin").encode() == pointer(CONTENT).strip().encode()

        task = await factory.add("Change", "grep -q real b.bin && echo real 2 > b.bin")
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.parked is not None
        assert "b.bin: is a file of git-lfs" in view.task.parked.message
        snapshot = await factory.engine.shop.vault.kept(f"{task}/1")
        kept = await factory.engine.shop.vault.objects.file(snapshot, "b.bin")
        assert kept == b"real 2\n", "nothing is lost"
