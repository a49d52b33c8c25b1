"""How a witness is asked: what it is given, what it says, and runs of its own to rest on."""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from factory.config import Compare, GuardrailSpec
from factory.environment import Ready
from factory.gate.checks import Checks
from factory.gate.judging import Judging, Subject
from factory.guardrails.base import Kind
from factory.model import Mark, Run, Struct, Witness
from factory.shop import Shop


class Heard(Struct):
    """What the witnesses said."""

    weakened: tuple[str, ...] = ()
    """Guardrails that say less than they did."""
    marks: tuple[Mark, ...] = ()
    idle: tuple[str, ...] = ()
    """New tests that pass on the tip's code too."""
    witnesses: tuple[Witness, ...] = ()
    """What each was asked, and what it answered."""


class Asked(Struct):
    """One guardrail that passed on a candidate, and what it is held against."""

    subject: Subject
    ready: Ready
    spec: GuardrailSpec
    kind: Kind
    overlaid: str
    """The candidate with the tip's versions of protected files."""
    run: Run

    def variant(self, name: str, command: str) -> GuardrailSpec:
        """The guardrail with another command: a question of its own, with evidence of its own."""
        name = f"{self.spec.name}-{name}"
        return replace(self.spec, name=name, run=command, compare=Compare.STRICT, fix="")

    def answer(self, question: str, run: Run, text: str, *, against: bool) -> Witness:
        """What a run answered to a question; `against` the change, or not."""
        return Witness(
            guardrail=self.spec.name, asked=question, answer=text, run=run.id, against=against
        )


class Asker:
    """Where the answers come from."""

    def __init__(self, shop: Shop, checks: Checks, judging: Judging) -> None:
        self.shop = shop
        self.judging = judging
        self._checks = checks

    async def evidence(
        self, spec: GuardrailSpec, tree: str, asked: Asked, *, once: bool = True
    ) -> Run:
        """A run like any guardrail's; what fails is not run again, but where it is not `once`."""
        return await self._checks.evidence(
            spec, tree, asked.ready, progress=lambda _: None, once=once
        )


def file_of(name: str) -> str:
    """The file of a test, by its id."""
    return name.partition("::")[0]


def name_of(name: str) -> str:
    """A test's name within its file, without parameters."""
    return name.partition("::")[2].partition("[")[0]


def by_chance(name: str) -> str:
    """An order that nobody chose."""
    return hashlib.sha256(name.encode()).hexdigest()
