"""What an agent is told of its task. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from factory.agents.asking import SAY_SO
from factory.config import AgentSpec, Config
from factory.entry import AnyEntry
from factory.model import Judged, Task
from factory.statepage import Touched, handed_over, state_page


def brief(task: Task, config: Config, spec: AgentSpec) -> str:
    """The first prompt of an attempt: the task, its limits, and the checks it must pass.

    A `command` that no preset knows gets the developer's words alone: it may be a script, not a
    reader.
    """
    if spec.kind == "command" and spec.output == "text" and not spec.preset:
        return task.spec or task.title
    lines = [f"Task: {task.title}", ""]
    if task.spec:
        lines += [task.spec.strip(), ""]
    if task.paths:
        lines += [f"Keep to these paths: {', '.join(task.paths)}.", ""]
    lines += ["When you hand off, these guardrails run on your files, and all must pass:"]
    lines += [f"- {rail.name}: `{rail.run}`" for rail in config.guardrails]
    lines += [
        "",
        "Tests, guardrail configuration, CI and agent instructions are watched: weakening a check "
        "is shown to the developer and never helps.",
    ]
    if spec.kind in ("acp", "command"):
        lines += ["", SAY_SO]
    return "\n".join(lines)


def taking_over(
    asked: str,
    former: str,
    entries: Sequence[AnyEntry],
    changed: Sequence[tuple[str, int, int]],
    judged: Sequence[Judged],
) -> str:
    """The first prompt of an attempt that goes on with another's: `asked`, then the state page.

    `entries` are all that was said and done at the task, by `former` last.
    """
    touched = [Touched(path=path, added=added, removed=gone) for path, added, gone in changed]
    return state_page(asked, entries, touched, opening=handed_over(former), judged=judged)
