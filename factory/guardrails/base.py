"""The protocol of a guardrail kind: how to start a check, and how to read what it said."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from factory.config import GuardrailSpec
from factory.guardrails.inverted import Inverted
from factory.model import Outcome
from factory.sandbox import Finished

RESULTS = "/results"
"""Where a check may leave a report: a fresh, empty folder of each run, mounted writable."""


class Kind(Protocol):
    """One kind of guardrail. Kinds hold no state and start nothing."""

    def command(self, spec: GuardrailSpec) -> str:
        """The shell command of a whole run; reports go to /results.

        Lines that name /results are ours, the others are the developer's own.
        """
        ...

    def again(self, spec: GuardrailSpec, failing: tuple[str, ...]) -> str | None:
        """The shell command that runs only these failing ids; None where the kind cannot."""
        ...

    def among(
        self, spec: GuardrailSpec, chosen: tuple[str, ...], left_out: tuple[str, ...]
    ) -> str | None:
        """The shell command that runs these ids and does not even read the files left out."""
        ...

    def unsilenced(self, spec: GuardrailSpec) -> str:
        """The command as it is without what silences findings in the tree; empty where none does.

        It reports what is silenced, the developer's own with it: hold it against the tip's.
        """
        ...

    def inverted(self, path: str, text: str) -> Inverted | None:
        """A file of tests with each of them made to fail; None where that cannot be."""
        ...

    def version(self, spec: GuardrailSpec) -> str:
        """The shell command that prints the tool's version; empty where there is none."""
        ...

    def progress(self, output: str) -> tuple[int, int] | None:
        """`(done, total)` read from all output so far; None where it cannot tell."""
        ...

    def outcome(
        self, spec: GuardrailSpec, finished: Finished, output: str, results: Path
    ) -> Outcome:
        """What the run says. A crash, a time-out and nothing collected are `error`."""
        ...
