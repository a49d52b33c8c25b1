from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from factory.agents import editor


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "tree"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("def a():\n    return 1\n\ndef b():\n    return 1\n")
    (root / ".git").write_text("gitdir: nowhere")
    (root / "node_modules").mkdir()
    (tmp_path / "secret").write_text("secret")
    monkeypatch.chdir(root)
    return root


def edit(command: str, path: str = "src/a.py", **given: Any) -> str:
    return editor.answer({"command": command, "path": path, **given})


def refused(command: str, path: str = "src/a.py", **given: Any) -> str:
    with pytest.raises(editor.RefusedError) as caught:
        edit(command, path, **given)
    return str(caught.value)


def test_a_file_is_shown_with_numbers_whole_or_in_part(tree: Path) -> None:
    assert edit("view").splitlines()[0] == "     1\tdef a():"
    assert len(edit("view", "/worktree/src/a.py").splitlines()) == 5
    assert edit("view", view_range=[4, -1]).splitlines() == [
        "     4\tdef b():",
        "     5\t    return 1",
    ]
    assert edit("view", view_range=[5, 99]) == "     5\t    return 1"
    for wrong in ([0, 2], [3, 2], [9, 10], [1], "all", [1, "2"]):
        assert "lines from 1 to 5" in refused("view", view_range=wrong)


def test_a_folder_is_listed_without_what_is_hidden_or_generated(tree: Path) -> None:
    assert edit("view", "/worktree") == "src/\nsrc/a.py"
    assert edit("view", "node_modules") == "(empty)"


def test_a_text_that_stands_once_is_replaced(tree: Path) -> None:
    said = edit("str_replace", old_str="def b():\n    return 1", new_str="def b():\n    return 2")
    assert "     5\t    return 2" in said
    assert (tree / "src/a.py").read_text().endswith("def b():\n    return 2\n")
    edit("str_replace", old_str="def a():\n    return 1\n\n", new_str="")
    assert (tree / "src/a.py").read_text() == "def b():\n    return 2\n"


def test_a_text_that_stands_twice_or_nowhere_changes_nothing(tree: Path) -> None:
    before = (tree / "src/a.py").read_text()
    assert "appears 2 times in src/a.py (lines 2, 5)" in refused(
        "str_replace", old_str="    return 1", new_str="x"
    )
    assert "does not appear" in refused("str_replace", old_str="return 7", new_str="x")
    near = refused("str_replace", old_str="def b():\n\treturn 1", new_str="x")
    assert "white space only from:\n     4\tdef b():\n     5\t    return 1" in near
    assert "nothing would change" in refused("str_replace", old_str="def a", new_str="def a")
    assert "needs old_str" in refused("str_replace", old_str="", new_str="x")
    assert (tree / "src/a.py").read_text() == before


def test_overlapping_places_are_two_places(tree: Path) -> None:
    edit("create", "c", file_text="aaa")
    assert "appears 2 times" in refused("str_replace", "c", old_str="aa", new_str="b")


def test_lines_are_inserted_where_they_are_wanted(tree: Path) -> None:
    edit("create", "c", file_text="one\ntwo")
    edit("insert", "c", insert_line=2, insert_text="three")
    edit("insert", "c", insert_line=0, insert_text="zero\n")
    edit("insert", "c", insert_line=1, insert_text="half")
    assert (tree / "c").read_text() == "zero\nhalf\none\ntwo\nthree\n"
    assert "a number from 0 to 5, not 6" in refused("insert", "c", insert_line=6, insert_text="x")
    edit("create", "empty", file_text="")
    edit("insert", "empty", insert_line=0, insert_text="first")
    assert (tree / "empty").read_text() == "first\n"


def test_files_are_made_with_their_folders_and_overwritten_openly(tree: Path) -> None:
    assert edit("create", "deep/er/x", file_text="a\nb") == "Created deep/er/x (2 lines)."
    assert edit("create", "deep/er/x", file_text="a\n") == "Replaced deep/er/x (1 lines)."
    assert "is a folder" in refused("create", "deep", file_text="")


def test_line_ends_of_windows_are_kept(tree: Path) -> None:
    (tree / "w").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    edit("str_replace", "w", old_str="one\ntwo", new_str="1\n2")
    edit("insert", "w", insert_line=0, insert_text="zero\n")
    assert (tree / "w").read_bytes() == b"zero\r\n1\r\n2\r\nthree\r\n"
    (tree / "mixed").write_bytes(b"one\r\ntwo\n")
    edit("str_replace", "mixed", old_str="two", new_str="2")
    assert (tree / "mixed").read_bytes() == b"one\r\n2\n"


@pytest.mark.parametrize(
    "path",
    ["../secret", "/etc/passwd", "/worktree/../secret", "/worktreeother/x", "link", "src/up/x"],
)
def test_nothing_outside_the_tree_is_read_or_written(tree: Path, path: str) -> None:
    (tree / "link").symlink_to("../secret")
    (tree / "src/up").symlink_to("../..")
    for command in ("view", "create", "str_replace"):
        said = refused(command, path, file_text="x", old_str="secret", new_str="x")
        assert "is not below /worktree" in said
    assert (tree.parent / "secret").read_text() == "secret"
    (tree / "inner").symlink_to("src/a.py")
    assert edit("view", "inner"), "a link that stays inside is followed"


def test_what_is_not_text_is_left_alone(tree: Path) -> None:
    (tree / "image").write_bytes(b"\x89PNG\x00\xff")
    assert "not text in UTF-8" in refused("str_replace", "image", old_str="PNG", new_str="x")
    (tree / "large").write_text("x" * (editor.MOST_BYTES + 1))
    assert "larger than 4 MiB" in refused("view", "large")


def test_the_script_answers_on_stdout_and_says_by_its_exit_code(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def run(**request: Any) -> tuple[int, str]:
        stdin = io.TextIOWrapper(io.BytesIO(json.dumps(request).encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        code = editor.main()
        sys.stdout.flush()
        return code, capfd.readouterr().out

    assert run(command="create", path="ü", file_text="ö") == (0, "Created ü (1 lines).")
    assert run(command="view", path="none") == (1, "none: No such file or directory.")
    assert run(command="view", path="../secret")[0] == 1
    assert run(command="view")[1] == "view needs path, a text."
