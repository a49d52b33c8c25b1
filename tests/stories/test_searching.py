"""Finding things in a real engine: words in a diff, moved lines, all files of the candidate."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from factory import spawn
from factory.git import texts
from factory.model import FactoryError
from tests.developer import Developer
from tests.works import settings, told, works
from tui.editor import editor_command, opening

LINES = "".join(f"    value_{n} = something({n})\n" for n in range(8))

MOVE = """
head -n 8 a.py > block
sed -i '1,8d' a.py
cat block >> b.py
rm block
git mv c.py lib.py 2>/dev/null || mv c.py lib.py
printf 'Needle in hay\\n' > new.md
"""


@told
async def test_the_engine_finds_words_moved_lines_and_files(developer: Developer) -> None:
    rest = "".join(f"rest {n}\n" for n in range(12))
    developer.commit(
        {
            "factory.toml": settings(),
            "a.py": LINES + rest,
            "b.py": rest,
            "c.py": "import os\n" + rest,
            "far/untouched.txt": "a needle too\nand more\n",
        }
    )
    async with works(developer) as factory:
        task = await factory.ready("Move a block", MOVE)
        client = factory.client
        index = await client.review(task)
        rows = (await client.rows(task, 0, index.rows)).rows

        (renamed,) = [file for file in index.files if file.old_path]
        assert (renamed.status, renamed.old_path, renamed.path) == ("R", "c.py", "lib.py")
        assert renamed.notes == ("renamed from c.py, unchanged",)

        (moved,) = await client.moves(task)
        assert [rows[moved.old + at].text for at in range(moved.rows)] == LINES.splitlines()
        assert [rows[moved.new + at].kind for at in range(moved.rows)] == ["+"] * 8

        hit = await client.find(task, "value_3", 0)
        assert hit.hits == 2
        assert "value_3" in rows[hit.row].text
        other = await client.find(task, "value_3", hit.row - 1, back=True)
        assert (other.number, other.hits) == (2, 2)
        assert (await client.find(task, "Value_3", 0)).hits == 0

        found = await client.mentions(task, "needle")
        assert [(one.path, one.line) for one in found.found] == [
            ("far/untouched.txt", 1), ("new.md", 1)
        ]  # fmt: skip
        assert [one.path for one in (await client.mentions(task, "Needle")).found] == ["new.md"]
        assert (await client.mentions(task, "-e --open-files-in-pager=x")).found == ()
        assert (await client.file(task, "far/untouched.txt")).text == "a needle too\nand more\n"
        as_checks_see_it = await client.file(task, "/worktree/far/untouched.txt")
        assert as_checks_see_it.path == "far/untouched.txt"
        for path in ("no/such.txt", "../factory.db", "/etc/passwd", "/worktree//etc/passwd", ""):
            with pytest.raises(FactoryError):
                await client.file(task, path)


def test_a_real_editor_process_is_told_the_file_and_the_line(tmp_path: Path) -> None:
    told_of = tmp_path / "arguments"
    for name, expected in (("vim", f"+7 {tmp_path}/a.py"), ("hx", f"{tmp_path}/a.py:7")):
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\necho "$@" > {told_of}\n')
        script.chmod(0o755)
        command = editor_command({**os.environ, "VISUAL": str(script)})
        assert spawn.run_in_terminal(opening(command, tmp_path / "a.py", 7), tmp_path) == 0
        assert told_of.read_text().strip() == expected


@told
async def test_a_letter_that_stands_everywhere_is_not_read_to_the_end(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git is stopped; what it had found by then is shown, in whole lines, and that it is cut."""
    many = {f"src/{n}.txt": "needle and more of it\n" * 20 for n in range(300)}
    developer.commit({"factory.toml": settings(), **many})
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt")
        whole = await factory.client.mentions(task, "needle")
        monkeypatch.setattr(texts, "_MUCH", 20_000)
        cut = await factory.client.mentions(task, "needle")
        assert cut.more
        assert 0 < len(cut.found) < len(whole.found)
        assert {one.text for one in cut.found} == {"needle and more of it"}
