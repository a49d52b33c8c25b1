"""Runs a guardrail on a folder as the gate does: in the sandbox, reports in a fresh folder."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from factory import sandbox
from factory.config import Compare, GuardrailSpec
from factory.guardrails import kind
from factory.model import Outcome
from factory.sandbox import Finished

QUICK = "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 "
"""In front of a pytest command: it starts in a third of the time without the suite's plugins."""


class Trial:
    """One folder of files, and what guardrails say of it."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.output = ""
        self.finished = Finished(exit_code=None, seconds=0)

    def write(self, **files: str) -> Trial:
        """Write files; `__` in a name stands for `/`, and `.py` is added."""
        for name, text in files.items():
            path = self.tree / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    def run(
        self,
        kind_name: str,
        command: str,
        *,
        compare: Compare = Compare.STRICT,
        timeout: float = 60,
        again: tuple[str, ...] = (),
    ) -> Outcome:
        """What the guardrail says; `again` are the failing ids to run once more."""
        spec = GuardrailSpec(
            name="it", run=command, kind=kind_name, compare=compare, timeout=timeout
        )
        tool = kind(kind_name)
        shell = tool.again(spec, again) if again else tool.command(spec)
        assert shell is not None
        said: list[bytes] = []
        with tempfile.TemporaryDirectory() as results:
            profile = sandbox.gate(str(self.tree), results)
            self.finished = asyncio.run(
                sandbox.run(profile, shell, timeout=timeout, on_output=said.append)
            )
            self.output = b"".join(said).decode()
            return tool.outcome(spec, self.finished, self.output, Path(results))
