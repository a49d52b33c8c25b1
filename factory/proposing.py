"""What `init` does in the engine: look at the tip, measure what it proposes, write the file."""

from __future__ import annotations

import shutil
from pathlib import Path

from factory.config import FILE, Compare, Config
from factory.gate.checks import Checks
from factory.gate.judging import status_of
from factory.model import Budget, FactoryError, Judged, NotNowError, Run, Verdict
from factory.proposal import Proposal, compose, propose
from factory.shop import Shop
from factory.wire import GuardrailStatus, Measured, Progressed, Proposed


async def proposed(
    shop: Shop, checks: Checks, *, task: Budget, day: Budget, agent: str, measure: bool
) -> Proposed:
    """The proposed factory.toml and what it rests on. Measuring takes as long as the checks do.

    Raises FactoryError where `agent` is not one of those found, NotNowError where the target has
    the file already, with or without mistakes.
    """
    tip = await shop.refresh()
    if await shop.vault.objects.file(tip.tree, FILE) is not None:
        raise NotNowError(
            f"{shop.vault.target} has a {FILE} already; change it like any other file and commit"
        )
    async with shop.trees.checkout(tip.tree) as folder:
        found = propose(
            folder, programs=shutil.which, keys=tuple(shop.keys), home=str(Path.home()),
            exists=lambda name: Path(name).expanduser().exists(),
        )  # fmt: skip
    names = tuple(spec.name for spec in found.agents)
    if agent and agent not in names:
        raise FactoryError(f"no agent {agent!r} was found here; found: {', '.join(names)}")
    measured = await _measure(shop, checks, found, tip.tree) if measure else {}
    compare = {name: kind for name, (kind, _) in measured.items() if kind is not None}
    red = [name for name, (kind, _) in measured.items() if kind is None]
    text = compose(
        found, measured=compare, caps=task, day=day, agent=agent or names[0],
        target=shop.vault.target, red=tuple(red),
    )  # fmt: skip
    return Proposed(
        text=text, agents=names, missing=found.missing,
        guardrails=tuple(
            Measured(
                status=measured[spec.name][1]
                if spec.name in measured
                else GuardrailStatus(name=spec.name, verdict=Verdict.NOT_RUN),
                run=spec.run,
                compare=compare.get(spec.name, spec.compare),
            )
            for spec in found.guardrails
        ),
    )  # fmt: skip


async def _measure(
    shop: Shop, checks: Checks, found: Proposal, tree: str
) -> dict[str, tuple[Compare | None, GuardrailStatus]]:
    """Each guardrail on the base, and how it can compare; None where it cannot be used as it is."""
    config = Config(environment=found.environment, guardrails=found.guardrails)
    ready = await shop.environment(config, tree)
    measured: dict[str, tuple[Compare | None, GuardrailStatus]] = {}
    for spec in found.guardrails:
        run = await checks.evidence(
            spec, tree, ready,
            progress=lambda status: shop.tell(Progressed(task="", guardrail=status)),
        )  # fmt: skip
        judged = Judged(guardrail=spec.name, verdict=run.verdict, run=run.id)
        measured[spec.name] = (_compare(run), status_of(judged, run))
        shop.tell(Progressed(task="", guardrail=measured[spec.name][1]))
    return measured


def _compare(run: Run) -> Compare | None:
    """Green ones are strict, red ones with ids may get no worse; others would stop every change."""
    match run.verdict:
        case Verdict.PASS:
            return Compare.STRICT
        case Verdict.FAIL if run.failing:
            return Compare.NO_WORSE
        case _:
            return None
