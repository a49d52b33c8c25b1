"""A repository, its vault and the real gate, before which changes are brought.

The engine is open but does not run, and there is no agent: a change is files in a worktree, a
snapshot of them by the factory's own hand, and `Gate.examine`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from msgspec.structs import replace

from factory import lifecycle, sandbox
from factory.engine import Engine, opened
from factory.git.trees import free_name
from factory.model import Change, Handoff, Judged, Lane, Run, Struct, Task
from tests.developer import Developer
from tests.trust.cheats.project import PYTEST, Case, Files

AT_ONCE = 2
"""Changes that are looked at together."""


class Ruling(Struct):
    """What the gate said of a change."""

    event: lifecycle.AnyEvent
    change: Change | None = None
    """None where no guardrail was asked."""
    naive: int | None = None
    """Exit code of pytest in the agent's own tree; None where that was not asked."""

    @property
    def green(self) -> bool:
        return isinstance(self.event, lifecycle.Green)

    @property
    def eyes(self) -> bool:
        """Whether it is ready, and a person has to look at it."""
        return self.green and self.change is not None and self.change.lane is Lane.EYES

    @property
    def held(self) -> bool:
        """Whether it does not lie among what is plainly ready."""
        return not self.green or self.eyes

    @property
    def judged(self) -> tuple[Judged, ...]:
        return self.change.judged if self.change else ()

    @property
    def why(self) -> str:
        """In a line, what holds it; empty where nothing does."""
        match self.event:
            case lifecycle.Red(summary=words) | lifecycle.Failed(message=words):
                return words
            case lifecycle.Green(change=change):
                weak = [f"weakens {', '.join(change.weakened)}"] if change.weakened else []
                return "; ".join([*weak, *(f"{one.kind} {one.path}" for one in change.marks)])
            case other:
                return str(other)


class Court:
    """Everything that is needed to have changes examined."""

    def __init__(self, developer: Developer, engine: Engine) -> None:
        self.developer = developer
        self.engine = engine
        self.shop = engine.shop
        self._count = 0
        self._held: set[str] = set()
        self._seats = asyncio.Semaphore(AT_ONCE)

    async def all(self, cases: tuple[Case, ...], *, naive: bool = False) -> list[Ruling]:
        """The rulings on many changes, in their order."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self.examine(case, naive=naive)) for case in cases]
        return [one.result() for one in asked]

    async def examine(self, case: Case, *, naive: bool = False) -> Ruling:
        """Lay a change out, snapshot it and have the gate look at it."""
        async with self._seats:
            self._count += 1
            number, slot = self._count, free_name(self._held)
            self._held.add(slot)
            try:
                return await self._examine(f"t{number}", slot, case, naive=naive)
            finally:
                self._held.remove(slot)

    async def _examine(self, name: str, slot: str, case: Case, *, naive: bool) -> Ruling:
        tip = await self.shop.refresh()
        folder = await self.shop.trees.worktree(slot, tip.tree)
        await asyncio.to_thread(write, folder, case.files)
        tree = await self.shop.trees.tree(folder, tip.commit)
        code = await self._naive(folder) if naive else None
        snapshot = await self.shop.vault.commit(tree, tip.commit, name)
        task = Task(id=name, title=case.name, agent="", created_at=0, changed_at=0,
                    base=tip.commit, handoff=Handoff(summary=case.says))  # fmt: skip
        self.shop.store.tasks.add(task)
        event = await self.engine.gate.examine(task, snapshot, tip)
        return Ruling(event=event, change=self.shop.store.evidence.change(name), naive=code)

    async def _naive(self, folder: Path) -> int | None:
        """The gate that everybody has: pytest's exit code, in the tree as the agent left it."""
        with tempfile.TemporaryDirectory() as results:
            profile = sandbox.gate(str(folder), results, environment=sandbox.Environment())
            profile = replace(profile, contained=self.shop.contained)
            finished = await sandbox.run(profile, PYTEST, timeout=60)
        return finished.exit_code

    def runs(self, ruling: Ruling) -> tuple[Run, ...]:
        """The evidence that a ruling rests on."""
        found = [self.shop.store.evidence.run(one.run) for one in ruling.judged if one.run]
        return tuple(run for run in found if run is not None)


def write(folder: Path, files: Files) -> None:
    """Lay files out as an agent leaves them; a text that begins with `-> ` is a symlink."""
    for name, text in files.items():
        path = folder / name
        if path.is_symlink() or path.exists():
            path.unlink()
        if text is None:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str) and text.startswith("-> "):
            path.symlink_to(text.removeprefix("-> "))
        else:
            path.write_bytes(text.encode() if isinstance(text, str) else text)


@contextmanager
def own_home() -> Iterator[Path]:
    """A home and a state of a trial's own, by their variables; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="ft-"))
    before = dict(os.environ)
    (home / "home").mkdir()
    os.environ |= {"HOME": str(home / "home"), "FACTORY_TUI_HOME": str(home / "state")}
    for name in ("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "GIT_CONFIG_GLOBAL", "GIT_DIR"):
        os.environ.pop(name, None)
    try:
        yield home
    finally:
        os.environ.clear()
        os.environ |= before
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def court(files: Mapping[str, str]) -> AsyncIterator[Court]:
    """A court over a new repository with these files; everything of it is gone afterwards."""
    with own_home() as home:
        developer = Developer(home / "project", files)
        async with opened(developer.place, {"PATH": os.environ["PATH"]}) as engine:
            yield Court(developer, engine)
