"""Finding things in a review: words, files by name, all files; the editor at the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from factory.wire import FileText, Mention, Mentions
from tests.stage import Stage
from tests.stage_review import review_stage
from tests.tui.reviewed import Review, reviewing
from tui import editor
from tui.matching import ranked
from tui.screens.choosing import Choosing
from tui.screens.review import ReviewScreen
from tui.widgets.codeview import CodeView

pytestmark = pytest.mark.anyio


def cursor(review: Review) -> str:
    document = review.screen.diff.document
    row = document.pages.row(document.port.cursor)
    return row.text if row else ""


async def test_slash_finds_n_goes_on_and_the_footer_counts() -> None:
    async with reviewing() as review:
        await review.press("slash")
        await review.write("float64")
        assert "hit 1 of 2" in review.text
        assert "float64(n) {" in cursor(review)
        assert "enter keeps, then n N" in review.text
        await review.press("enter")
        assert "enter keeps" not in review.text
        assert review.screen.diff.document.words == "float64"
        text = await review.press("n")
        assert "hit 2 of 2" in text
        assert cursor(review) == "\tb.tokens -= float64(n)"
        assert "hit 1 of 2" in await review.press("n")
        assert "hit 2 of 2" in await review.press("N")
        assert "hit 1 of 2" in await review.press("N")


async def test_escape_closes_the_find_box_and_takes_the_marks_away() -> None:
    async with reviewing() as review:
        await review.press("slash")
        await review.write("float64")
        there = cursor(review)
        text = await review.press("escape")
        assert "hit 1 of 2" not in text
        assert review.screen.diff.document.words == ""
        assert cursor(review) == there
        assert "nothing was looked for yet" in await review.press("n")
        assert isinstance(review.front, ReviewScreen)


async def test_words_that_no_line_has_are_said_to_be_nowhere() -> None:
    async with reviewing() as review:
        assert "nothing was looked for yet" in await review.press("n")
        before = review.screen.diff.document.port.cursor
        await review.press("slash")
        await review.write("qqq")
        assert "nothing has this" in review.text
        assert review.screen.diff.document.port.cursor == before


async def test_p_goes_to_a_file_by_letters_of_its_name() -> None:
    async with reviewing(size=(80, 24)) as review:
        await review.press("p")
        assert isinstance(review.front, Choosing)
        await review.write("srv")
        assert "cmd/serve.go" in review.text
        await review.press("enter")
        assert isinstance(review.front, ReviewScreen)
        assert cursor(review) == "cmd/serve.go"
        await review.press("p", "z", "q")
        assert "no file of this change" in review.text
        await review.press("escape")
        assert cursor(review) == "cmd/serve.go"


def test_of_names_the_one_that_is_meant_comes_first() -> None:
    paths = ("src/a_parser.py", "parse/x.py", "src/parse.py", "p/a/r/s.py", "other.md")
    assert ranked("pars", paths) == ("src/parse.py", "src/a_parser.py", "parse/x.py", "p/a/r/s.py")
    assert ranked("", paths) == paths
    assert ranked("P", paths) == ()


def stage() -> Stage:
    made = review_stage()
    made.mentions = Mentions(
        found=(
            Mention(path="internal/limit/bucket.go", line=42, text="\tb.refill(time.Now())"),
            Mention(path="lib/clock.go", line=3, text="func Now() \x1b[2Jint {"),
        ),
    )
    text = "package lib\n\nfunc Now() \x1b[2Jint {\n\treturn 1\n}\n"
    made.files["lib/clock.go"] = FileText(path="lib/clock.go", text=text)
    return made


async def test_f_finds_in_all_files_and_goes_to_the_diff_or_opens_the_file() -> None:
    async with reviewing(stage()) as review:
        await review.press("F")
        await review.write("now(")
        text = await review.press("enter")
        assert "2 lines" in text
        assert "lib/clock.go:3" in text
        await review.press("enter")
        assert type(review.front).__name__ == "ReviewScreen"
        assert cursor(review) == "\tb.refill(time.Now())"
        await review.press("F")
        await review.write("now(")
        await review.press("enter", "down", "enter")
        assert type(review.front).__name__ == "FileScreen"
        assert "lib/clock.go" in review.text
        assert "    3  func Now() " in review.text
        assert "\x1b" not in review.text
        view = review.app.screen.query_one(CodeView)
        number = next(y for y, at in enumerate(view.in_view()) if at == 3)
        (word,) = [part for part in view.render_line(number) if part.text == "return"]
        (one,) = [part for part in view.render_line(number) if part.text == "1"]
        assert word.style is not None
        assert one.style is not None
        assert word.style.color != one.style.color
        await review.press("q")
        assert type(review.front).__name__ == "ReviewScreen"


async def test_e_opens_the_editor_at_the_line_and_nothing_outside_of_the_worktree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[Path, int]] = []
    monkeypatch.setattr(editor, "edit", lambda app, file, line=0: opened.append((file, line)))
    worktree = tmp_path / "worktree"
    (worktree / "cmd").mkdir(parents=True)
    (worktree / "internal/limit").mkdir(parents=True)
    (worktree / "internal/limit/bucket.go").write_text("package limit\n")
    (worktree / "cmd/serve.go").symlink_to("/etc/passwd")
    made = review_stage()
    made.details["rate-limit"] = replace(made.details["rate-limit"], worktree=str(worktree))
    async with reviewing(made) as review:
        await review.press("slash")
        await review.write("refill(time")
        text = await review.press("escape", "e")
        assert "what you changed is in the worktree only; b, then R, checks it" in text
        await review.press("slash")
        await review.write(":8080")
        await review.press("escape", "e")
    assert opened == [(worktree / "internal/limit/bucket.go", 42), (worktree, 0)]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("nvim", "-n"), ("nvim", "-n", "+7", "/w/a.py")),
        (("/usr/bin/vi",), ("/usr/bin/vi", "+7", "/w/a.py")),
        (("nano",), ("nano", "+7", "/w/a.py")),
        (("hx",), ("hx", "/w/a.py:7")),
        (("subl", "-w"), ("subl", "-w", "/w/a.py:7")),
        (("code", "--wait"), ("code", "--wait", "--goto", "/w/a.py:7")),
        (("my-editor",), ("my-editor", "/w/a.py")),
    ],
)
def test_each_editor_is_told_the_line_in_its_own_way(
    command: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert editor.opening(command, Path("/w/a.py"), 7) == expected
    assert editor.opening(command, Path("/w/a.py"), 0) == (*command, "/w/a.py")
