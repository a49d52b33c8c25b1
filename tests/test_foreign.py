"""House rule: foreign text is painted by nobody before `tui.text` has cleaned it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import foreign

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "tui").rglob("*.py"))

HARMLESS = {
    "tui/acceptcard.py: without": "names the files by `line`",
    "tui/diff/paint.py: rest": "badges, each cleaned; `critical` is a truth there",
    "tui/ledgerlines.py: happened.said": "tui/happened.py cleans what it says",
    "tui/ledgerlines.py: happened.words": "the same",
    "tui/reviewlines.py: piece.text": "a finished Content, made of cleaned parts",
    "tui/reviewlines.py: kept": "the same",
    "tui/screens/page.py: row.text": "tui/pagelines.py has cleaned it",
    "tui/screens/together.py: lines": "names go through `line`, the rest are figures",
    "tui/screens/report.py: told.note": "tui/account.py has cleaned it",
    "tui/widgets/pane.py: used": "a number of cells",
    "tui/widgets/pane.py: words": "our own words for a state, from tui/summary.py",
}
"""What looks foreign by its name and is not."""


def found(path: Path, source: str) -> list[str]:
    name = path.relative_to(ROOT).as_posix()
    uncleaned = foreign.unclean(source, foreign.fields())
    places = (f"{name}: {where.partition(': ')[2]}" for where in uncleaned)
    return [place for place in dict.fromkeys(places) if place not in HARMLESS]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_foreign_text_is_painted_by_nobody_before_it_is_cleaned(path: Path) -> None:
    assert found(path, path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "return Content(view.problem)",
        "return Content.styled(f'! {view.problem}', '$error')",
        "return Content.assemble(('x', 'bold'), change.handoff.summary)",
        "yield Static(row.text)",
        "yield Static('a' if row else row.text)",
        "segments = [Segment(pad(row.text, 3), style)]",
        "said = row.text\n    return Content(said)",
        "said = fit(row.text, 3)\n    return Content(f'{said}')",
        "return Content(', '.join(path for path in task.paths))",
        "self.app.notify(str(found.error), markup=False)",
        "try:\n        x()\n    except FactoryError as error:\n        y = Content(str(error))",
    ],
)
def test_foreign_text_as_it_came_is_found(line: str) -> None:
    assert list(foreign.unclean(f"def f():\n    {line}\n", foreign.fields())) != []


@pytest.mark.parametrize(
    "line",
    [
        "return Content(line(view.problem))",
        "return Content(plural(len(view.paths), 'path'))",
        "said = line(row.text)\n    return Content(said)",
        "return Content(', '.join(line(path) for path in task.paths))",
        "return Content('x' if row.text else 'y')",
    ],
)
def test_what_is_cleaned_is_not_found(line: str) -> None:
    assert list(foreign.unclean(f"def f():\n    {line}\n", foreign.fields())) == []


@pytest.mark.parametrize("name", ["tui/reviewlines.py", "tui/inboxlines.py", "tui/diff/paint.py"])
def test_a_screen_that_forgets_to_clean_is_found(name: str) -> None:
    path = ROOT / name
    forgetful = (
        path.read_text()
        .replace("line(", "str(")
        .replace("clean(", "str(")
        .replace("shown(", "str(")
    )
    assert found(path, forgetful) != []
