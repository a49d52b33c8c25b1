"""In which order waiting changes cost least, and how those that conflict are told."""

from __future__ import annotations

from msgspec.structs import replace

from factory.model import Lane, TaskState
from factory.wire import Meeting, Overview, TaskView
from tests.stage_review import change, overview, view
from tui.commands import describe
from tui.inboxlines import draw
from tui.reviewlines import concerns
from tui.waiting import Group, Order, Waiting, neighbour, place, waiting


def ready(name: str, since: float, size: int, *met: str, critical: bool = False) -> TaskView:
    own = replace(
        change(name), added=size, removed=0, lane=Lane.PLAIN,
        critical=("src/auth.py",) if critical else (),
    )  # fmt: skip
    meets = tuple(Meeting(task=other, paths=("src/auth.py",)) for other in met)
    shown = view(name, name, TaskState.READY, change=own)
    return replace(shown, since=since, meets=meets, overlaps=met)


HUB = ready("hub", 1.0, 5, "left", "right")
LEFT = ready("left", 2.0, 90, "hub")
RIGHT = ready("right", 3.0, 8, "hub")
LARGE = ready("large", 4.0, 400)
SMALL = ready("small", 5.0, 3)
MONEY = ready("money", 0.5, 2, critical=True)
PICTURE: Overview = overview(HUB, LEFT, RIGHT, LARGE, SMALL, MONEY)


def test_fewest_conflicts_go_first_small_before_large_and_critical_last() -> None:
    order = [item.id for item in waiting(PICTURE, Order.SUGGESTED)]
    assert order == ["small", "large", "money", "left", "right", "hub"]


def test_without_being_asked_the_oldest_stands_first() -> None:
    order = [item.id for item in waiting(PICTURE)]
    assert order == ["money", "hub", "left", "right", "large", "small"]


def test_the_review_goes_through_them_in_the_same_order() -> None:
    assert neighbour(PICTURE, "small", 1, Order.SUGGESTED) == "large"
    assert place(PICTURE, "hub", Order.SUGGESTED) == (6, 6)


def test_an_item_and_its_review_say_what_it_conflicts_with_and_where() -> None:
    item = draw(Waiting(group=Group.READY, view=LEFT), 1, 120, 10.0).plain
    assert "conflicts with hub in src/auth.py" in item
    assert "touches hub" not in item
    assert "conflicts with: hub in src/auth.py" in concerns(LEFT, 120).plain


def test_what_the_target_moved_under_a_change_is_said() -> None:
    moved = replace(LEFT, meets=(), moved_files=("src/auth.py",))
    item = draw(Waiting(group=Group.READY, view=moved), 1, 120, 10.0).plain
    assert "the target moved src/auth.py" in item
    assert "moved under it: src/auth.py" in concerns(moved, 120).plain


def test_status_names_each_pair_once_and_an_order() -> None:
    said = list(describe.conflicts(PICTURE))
    assert said[:2] == [
        "! hub conflicts with left in src/auth.py",
        "! hub conflicts with right in src/auth.py",
    ]
    assert said[2].startswith("  suggested order: small, large, money, left, right, hub (fewest")
    assert list(describe.conflicts(overview(LARGE, SMALL))) == []


def test_a_hostile_path_is_shown_and_does_nothing() -> None:
    nasty = replace(LEFT, meets=(Meeting(task="hub", paths=("a\x1b[31m.py",)),))
    shown = draw(Waiting(group=Group.READY, view=nasty), 1, 120, 10.0).plain
    assert "\x1b" not in shown
    assert not any("\x1b" in said for said in describe.conflicts(overview(nasty)))
