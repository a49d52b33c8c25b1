"""What lands without being asked about once more: by the standing accept, and as a part. Pure."""

from __future__ import annotations

from factory.model import AcceptRule, Change, Task, Verdict


def may_land_by_rule(task: Task, change: Change, *, lines: int, until: float | None, now: float,
                     in_paths: bool) -> bool:  # fmt: skip
    """Whether the standing accept covers a change; never what a person must see or has waived."""
    return (
        task.accept is AcceptRule.WHEN_GREEN
        and not task.parts
        and not task.asks
        and change.lane == "plain"
        and not change.critical
        and not change.marks
        and all(one.verdict is not Verdict.WAIVED for one in change.judged)
        and in_paths
        and change.added + change.removed <= lines
        and (until is None or now <= until)
    )


def may_land_as_part(task: Task, change: Change) -> bool:
    """Whether this is the part that was accepted, and says nothing that its reader had not seen."""
    part = task.part
    return (
        part is not None
        and change.patch_id == part.patch_id
        and set(concerns(change)) <= set(part.concerns)
    )


def concerns(change: Change) -> tuple[str, ...]:
    """What of a change a person must see: what it weakens, and its marks."""
    marks = tuple(dict.fromkeys(f"{mark.kind} {mark.path}" for mark in change.marks))
    return (*(f"weakens {name}" for name in change.weakened), *marks)
