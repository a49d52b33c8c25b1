"""Evidence is void when one byte changes of what it rests on; otherwise it is kept."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from factory.config import Compare, Config, EnvironmentSpec, GuardrailSpec
from factory.guardrails import verdict
from factory.model import Run
from factory.store import Evidence
from tests.trust.base import Control, Outcome
from tests.trust.cheats.project import PROJECT
from tests.trust.court import Court, court


class Bench:
    """One guardrail on one tree, with everything that its verdict rests on within reach."""

    def __init__(self, bench: Court) -> None:
        self.court = bench
        self.tools = bench.developer.path.parent / "tools"
        self.tools.mkdir()
        self.tool("1.0")
        self.files = {"value.txt": "good\n", "run.sh": "true\n", "lock.txt": "a==1\n"}
        self.spec = GuardrailSpec(
            name="value", run="checker && grep -q good value.txt", version="checker --version"
        )
        self.environment = EnvironmentSpec(
            toolchain=(str(self.tools),), path=(str(self.tools),), inputs=("lock.txt",)
        )

    def tool(self, version: str) -> None:
        """Install the tool, in place."""
        path = self.tools / "checker"
        path.write_text(f"#!/bin/sh\necho checker {version}\n")
        path.chmod(0o755)

    def included(self, text: str) -> None:
        self.court.developer.write({".env": text})

    async def run(self) -> Run:
        """The evidence for things as they are now."""
        shop = self.court.shop
        tip = await shop.refresh()
        folder = await shop.trees.worktree("w01", tip.tree)
        for name, text in self.files.items():
            (folder / name).write_text(text)
        tree = await shop.trees.tree(folder, tip.commit)
        ready = await shop.environment(Config(environment=self.environment), tree)
        return await self.court.engine.checks.evidence(
            self.spec, tree, ready, progress=lambda _: None
        )


def _spec(bench: Bench, **fields: object) -> None:
    bench.spec = replace(bench.spec, **fields)


def _file(bench: Bench, name: str, chance: random.Random) -> None:
    bench.files[name] = f"{bench.files[name]}{chance.randrange(10)}\n"


ASPECTS: Mapping[str, Callable[[Bench, random.Random], None]] = {
    "a byte of a file": lambda bench, chance: _file(bench, "value.txt", chance),
    "a byte of another file": lambda bench, chance: _file(bench, "run.sh", chance),
    "a byte of a lock file": lambda bench, chance: _file(bench, "lock.txt", chance),
    "a byte of the command": lambda bench, chance: _spec(bench, run=f"{bench.spec.run} "),
    "the time limit": lambda bench, chance: _spec(bench, timeout=bench.spec.timeout + 1),
    "what it is held against": lambda bench, chance: _spec(
        bench,
        compare=Compare.NO_WORSE if bench.spec.compare is Compare.STRICT else Compare.STRICT,
    ),
    "where it applies": lambda bench, chance: _spec(bench, when=(*bench.spec.when, "*.txt")),
    "a byte of its variables": lambda bench, chance: _set(bench, chance),
    "the tool's version": lambda bench, chance: bench.tool(f"1.{chance.random()}"),
    "a byte of an included file": lambda bench, chance: bench.included(f"KEY={chance.random()}\n"),
}
"""What a verdict rests on, and how one byte of it changes."""


def _set(bench: Bench, chance: random.Random) -> None:
    bench.environment = replace(bench.environment, env=(("LEVEL", f"{chance.random()}"),))


@asynccontextmanager
async def _bench() -> AsyncIterator[Bench]:
    files = {**PROJECT, ".worktreeinclude": ".env\n", ".gitignore": ".env\n"}
    async with court(files) as found:
        bench = Bench(found)
        bench.included("KEY=1\n")
        yield bench


async def _stale(rounds: int) -> tuple[list[str], int]:
    """Aspects whose change left the old evidence standing, and how many were tried."""
    chance = random.Random(17)
    left, tried = [], 0
    async with _bench() as bench:
        before = await bench.run()
        same = await bench.run()
        if same.id != before.id:
            left.append("nothing, and all the same it was not kept")
        for name in list(ASPECTS) * rounds:
            ASPECTS[name](bench, chance)
            after = await bench.run()
            tried += 1
            if after.id == before.id:
                left.append(name)
            before = after
    return left, tried


def void(full: bool) -> Outcome:
    """Evidence is void when one byte changes of what it rests on."""
    rounds = 20 if full else 1
    left, tried = asyncio.run(_stale(rounds))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verdict, "evidence_key", lambda *_: "one key for all")
        keyless, _ = asyncio.run(_stale(1))
        patch.setattr(Evidence, "of", lambda self, name, _tree, key: _any(self, name))
        treeless, _ = asyncio.run(_stale(1))
    return Outcome(
        tried=tried,
        held=tried - len(left),
        control=f"with a key that ignores them {len(keyless)} of {len(ASPECTS)} keep a verdict "
        f"that is not theirs, and {len(treeless)} where the tree does not count",
        proven=len(keyless) >= len(ASPECTS) - 3 and len(treeless) == len(ASPECTS),
        notes=tuple(f"still stands after another {name}" for name in left),
    )


def _any(evidence: Evidence, name: str) -> tuple[Run, ...]:
    found = evidence.last(name)
    return (found,) if found else ()


CONTROLS = (
    Control(
        name="evidence",
        promise="evidence is void when one byte of tree, configuration or tool version changes",
        run=void,
    ),
)
