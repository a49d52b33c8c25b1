"""How the evidence of a change reads: every run, what it said, and what speaks against it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from textual.content import Content

from factory.model import Change, Mark, Run, Verdict, Witness
from factory.wire import Compared, Details, GuardrailStatus, Weighed
from tui.pagelines import claim, figures
from tui.reviewlines import COLOURS, mark_line
from tui.standing import progress
from tui.text import ago, line, took
from tui.widgets.listing import Slot, spread

_MARK = "mark "
_STATUS = "guardrail "
_WITNESS = "witness "


_NONE: Mapping[str, Compared] = MappingProxyType({})


class Evidence(NamedTuple):
    """What there is to show of one task."""

    details: Details
    live: dict[str, GuardrailStatus]
    """Guardrails that run at this moment, by name."""
    compared: Mapping[str, Compared] = _NONE
    """By the id of the run on the change, how it compares with the tip's."""
    claims: tuple[Weighed, ...] = ()
    """What bears out the handoff's claims."""

    @property
    def change(self) -> Change | None:
        """The change as it stands."""
        return self.details.view.change

    @property
    def runs(self) -> dict[str, Run]:
        """All runs by id, the newest first."""
        return {run.id: run for run in self.details.runs}

    def witness(self, key: str) -> Witness | None:
        """The witness that an item is about."""
        if not key.startswith(_WITNESS) or self.change is None:
            return None
        return self.change.witnesses[int(key.removeprefix(_WITNESS))]

    def guardrail(self, key: str) -> str:
        """Name of the guardrail that an item of the list is about; empty where it is about none."""
        if key.startswith(_STATUS):
            return key.removeprefix(_STATUS)
        run = self.runs.get(key)
        return run.guardrail if run else ""

    def run(self, key: str) -> Run | None:
        """The run that an item rests on: its own, its guardrail's, its witness's; None for none."""
        witness = self.witness(key)
        if witness is not None:
            return next((run for run in self.details.asked if run.id == witness.run), None)
        if not key.startswith(_STATUS):
            return self.runs.get(key)
        status = next((one for one in self.statuses() if _STATUS + one.name == key), None)
        return self.newest(status) if status else None

    def newest(self, status: GuardrailStatus) -> Run | None:
        """The run on this tree that a status tells of."""
        if status.run in self.runs:
            return self.runs[status.run]
        tree = self.change.tree if self.change else ""
        names = (one for one in self.details.runs if one.guardrail == status.name)
        return next((one for one in names if one.tree == tree), None)

    def mark(self, key: str) -> Mark | None:
        """The tamper mark that an item is about."""
        if not key.startswith(_MARK) or self.change is None:
            return None
        return self.change.marks[int(key.removeprefix(_MARK))]

    def statuses(self) -> tuple[GuardrailStatus, ...]:
        """The guardrails of the task in their order, those that run now as they stand."""
        return tuple(self.live.get(s.name, s) for s in self.details.view.guardrails)


def slots(evidence: Evidence) -> list[Slot]:
    """Each guardrail with its runs on this tree; what else it was asked; marks; earlier trees."""
    change = evidence.change
    tree = change.tree if change else ""
    here = [run for run in evidence.details.runs if run.tree == tree]
    found: list[Slot] = [Slot("", title="guardrails of this tree")]
    for status in evidence.statuses():
        runs = [run for run in here if run.guardrail == status.name]
        newest, key = evidence.newest(status), _STATUS + status.name
        found += [Slot(key), Slot(key, 1)]
        found += [Slot(run.id, 2) for run in runs if run is not newest]
    if change is not None and change.witnesses:
        found.append(Slot("", title="what else the green ones were asked"))
        found += [Slot(f"{_WITNESS}{at}") for at in range(len(change.witnesses))]
    if change is not None and change.marks:
        found.append(Slot("", title="what makes checks say less than they did"))
        found += [Slot(f"{_MARK}{at}") for at in range(len(change.marks))]
    claims = _claims(change, evidence.claims)
    if claims:
        found.append(Slot("", title="what the agent says of it: claims, not facts"))
        found += [Slot("", 1, title=claim) for claim in claims]
    rest = [run for run in evidence.details.runs if run.tree != tree]
    if rest:
        found.append(Slot("", title="earlier trees"))
        found += [Slot(run.id, 3) for run in rest]
    return found


def draw(evidence: Evidence, slot: Slot, width: int, now: float) -> Content:
    """One line of the list."""
    if not slot.key:
        style = "$text-muted" if slot.line else "$text-muted bold"
        return Content.styled(f" {'  ' * slot.line}{slot.title}", style)
    mark = evidence.mark(slot.key)
    if mark is not None:
        return Content.assemble(("  ⚠ ", "$text-error"), mark_line(mark), f"  {line(mark.text)}")
    witness = evidence.witness(slot.key)
    if witness is not None:
        return _witness(witness, evidence.run(slot.key), width, now)
    run = evidence.run(slot.key)
    name = evidence.guardrail(slot.key)
    status = next((s for s in evidence.statuses() if s.name == name), None)
    if slot.line >= 2 and run is not None:
        return _older(run, slot.line, width, now)
    if status is None:
        return Content("")
    if slot.line:
        return _about(status, run)
    differs = evidence.compared.get(run.id) if run else None
    return _status(status, run, figures(differs) if differs else "", width, now)


def _claims(change: Change | None, weighed: tuple[Weighed, ...]) -> list[str]:
    """What the handoff says; a claim that was weighed with what bears it out, or why not."""
    if change is None:
        return []
    note = change.handoff
    known = {one.words for one in weighed}
    parts = (
        ("did", (note.summary,) if note.summary else ()),
        ("beyond the task", note.deviations),
        ("unproven", tuple(words for words in note.unproven if words not in known)),
        ("concern", note.concerns),
        ("found", note.findings),
    )
    told = [f"{name}: {line(value)}" for name, values in parts for value in values]
    return told + [claim(one) for one in weighed]


def heading(evidence: Evidence, width: int) -> Content:
    """What the evidence is about."""
    view, change = evidence.details.view, evidence.change
    left = Content.assemble((" Evidence  ", "bold"), line(view.task.id))
    if change is None:
        return left
    lane = "" if change.green else "  not green"
    where = f"tree@{change.tree[:7]} on {change.tip[:7]} "
    return spread(Content.assemble(left, (lane, "$text-error")), Content(where), width)


def _status(
    status: GuardrailStatus, run: Run | None, differs: str, width: int, now: float
) -> Content:
    verdict = status.verdict
    summary = line(status.summary or (run.summary if run else ""))
    left = Content.assemble(
        (f"  {verdict.sign} ", COLOURS[verdict]),
        (line(status.name), "bold"),
        (f"  {verdict}", COLOURS[verdict]) if verdict is not Verdict.PASS else "",
        f"  {summary}",
        (f"  {differs}" if differs else "", "$text-warning" if "gone" in differs else "$accent"),
    )
    if verdict is Verdict.RUNNING:
        right = progress(status)
    elif run is not None:
        right = f"{took(run.seconds)} {ago(now - run.at):>4}"
    else:
        right = "" if verdict is Verdict.NOT_RUN else took(status.seconds)
    return spread(left, Content.styled(f"{right} ", "$text-muted"), width)


def _about(status: GuardrailStatus, run: Run | None) -> Content:
    if run is None:
        words = ["it has not run on this tree"] if status.verdict is Verdict.NOT_RUN else []
    else:
        code = "no exit code" if run.exit_code is None else f"exit {run.exit_code}"
        words = [line(run.tool, 60), code, line(run.command, 80)]
        words += [f"counted {run.counted}"] if run.counted is not None else []
        words += [line(run.note)] if run.note else []
    waived = f"waived: {line(run.waived)}" if run is not None and run.waived else ""
    return Content.assemble(
        "      ",
        (" · ".join(word for word in words if word), "$text-muted"),
        (f"  {waived}" if waived else "", "$text-warning"),
    )


def _witness(witness: Witness, run: Run | None, width: int, now: float) -> Content:
    """An answer is no verdict: it has a sign only where it speaks against the change."""
    sign, style = ("⚠", "$text-error") if witness.against else ("·", "$text-muted")
    left = Content.assemble(
        (f"  {sign} ", style),
        (line(witness.guardrail), "bold"),
        f"  {line(witness.answer)}",
        (f" · {line(witness.asked)}", "$text-muted"),
    )
    right = f"{took(run.seconds)} {ago(now - run.at):>4} " if run is not None else ""
    return spread(left, Content.styled(right, "$text-muted"), width)


def _older(run: Run, kind: int, width: int, now: float) -> Content:
    where = "ran before" if kind == 2 else f"tree {run.tree[:7]}"
    left = Content.assemble(
        ("      " if kind == 2 else "  ", ""),
        (f"{run.verdict.sign} ", COLOURS[run.verdict]),
        (f"{where}  ", "$text-muted"),
        "" if kind == 2 else f"{line(run.guardrail)}  ",
        line(run.summary),
    )
    right = Content.styled(f"{took(run.seconds)} {ago(now - run.at):>4} ", "$text-muted")
    return spread(left, right, width)
