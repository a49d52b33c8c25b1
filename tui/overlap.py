"""Which tasks reach for the same files. Pure: a guess from paths and globs, made to warn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from factory.wire import TaskView


def meets(left: str, right: str) -> bool:
    """Whether two paths, folders or globs may name the same file.

    Only the part before the first wildcard counts: a warning too many is better than none.
    """
    one, other = _fixed(left), _fixed(right)
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def overlapping(paths: Sequence[str], tasks: Iterable[TaskView]) -> tuple[str, ...]:
    """Ids of the open tasks whose paths, or whose change's files, these paths may touch."""
    return tuple(
        view.task.id
        for view in tasks
        if not view.task.state.over
        and any(meets(path, other) for path in paths for other in touched(view))
    )


def touched(view: TaskView) -> tuple[str, ...]:
    """What a task is known to touch: its change's files, or else the paths it was given."""
    return view.change.files if view.change else view.task.paths


def _fixed(path: str) -> tuple[str, ...]:
    names = [name for name in path.split("/") if name not in ("", ".")]
    wild = next((n for n, name in enumerate(names) if any(c in name for c in "*?[")), len(names))
    return tuple(names[:wild])
