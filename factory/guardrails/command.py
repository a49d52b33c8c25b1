"""Any command: its exit code is the verdict."""

from __future__ import annotations

from pathlib import Path

from factory.config import GuardrailSpec
from factory.guardrails.crash import crash
from factory.guardrails.excerpt import joined, plain, telling, totals
from factory.guardrails.inverted import Inverted
from factory.model import Outcome, Verdict
from factory.sandbox import Finished


class Command:
    """The kind that knows nothing of its tool: 0 is a pass, and there are no ids."""

    def command(self, spec: GuardrailSpec) -> str:
        """The command as it stands in factory.toml."""
        return spec.run

    def again(self, spec: GuardrailSpec, failing: tuple[str, ...]) -> str | None:
        """None: without ids there is nothing to pick."""
        return None

    def among(
        self, spec: GuardrailSpec, chosen: tuple[str, ...], left_out: tuple[str, ...]
    ) -> str | None:
        """None: without ids there is nothing to choose."""
        return None

    def unsilenced(self, spec: GuardrailSpec) -> str:
        """Empty: nobody knows how its tool is told."""
        return ""

    def inverted(self, path: str, text: str) -> Inverted | None:
        """None: nobody knows which tests it runs, if any."""
        return None

    def version(self, spec: GuardrailSpec) -> str:
        """What factory.toml says; empty where it says nothing."""
        return spec.version

    def progress(self, output: str) -> tuple[int, int] | None:
        """None: it cannot tell."""
        return None

    def outcome(
        self, spec: GuardrailSpec, finished: Finished, output: str, results: Path
    ) -> Outcome:
        """Exit code 0 passes; a signal, a missing tool and the time limit are errors."""
        text = plain(output)
        broke = crash(spec, finished, text)
        if broke is not None:
            return broke
        said = totals(text)
        if finished.exit_code == 0:
            return Outcome(verdict=Verdict.PASS, summary=said or "exit 0")
        return Outcome(
            verdict=Verdict.FAIL,
            summary=said or f"exit {finished.exit_code}, without a word",
            details=joined(telling(text)),
        )
