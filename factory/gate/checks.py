"""Running one guardrail on one exact tree, in the sandbox: evidence, and its cache.

Each verdict is reached once per exact tree, command, environment and tool; asking again gives the
same evidence, and asking twice at once waits for the one run.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from factory import environment, guardrails, sandbox
from factory.config import Config, GuardrailSpec
from factory.environment import Ready, installed, ports
from factory.faults import Point, reached
from factory.git import folders
from factory.guardrails import report, verdict
from factory.guardrails.base import Kind
from factory.guardrails.crash import broken
from factory.logs import Log
from factory.model import Outcome, Run, Verdict
from factory.sandbox import Finished
from factory.sandbox.company import REPORT
from factory.shop import Shop
from factory.wire import GuardrailStatus

READABLE = 4 << 20
"""Bytes of a log that are read to understand it; the log itself is kept whole."""
AGAIN = 2
"""How often what failed is run again; it is flaky only if it passes each time."""
_TICK = 0.25
"""Seconds between two words of progress."""

Progress = Callable[[GuardrailStatus], None]


class _Shared:
    """A run that several wait for."""

    def __init__(self, task: asyncio.Task[Run]) -> None:
        self.task = task
        self.waiting = 0


class Checks:
    """Runs guardrails and keeps what they said."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._running: dict[tuple[str, str, str], _Shared] = {}
        self._versions: dict[tuple[str, str, str], str] = {}
        self._turns = asyncio.Condition()
        self._under_way = 0

    async def evidence(
        self,
        spec: GuardrailSpec,
        tree: str,
        ready: Ready,
        *,
        progress: Progress,
        fresh: bool = False,
        once: bool = False,
    ) -> Run:
        """What it says of the tree: from the store, or by running it (if `fresh`: now).

        An error says nothing of the tree, so it is never asked of the store. What fails is run
        again, since it may be flaky, but for `once`.
        """
        tool = await self._version(spec, ready)
        key = verdict.evidence_key(spec, await self._surroundings(ready), tool)
        known = self._shop.store.evidence.of(spec.name, tree, key)
        if known and not fresh and known[0].verdict is not Verdict.ERROR:
            return known[0]
        slot = (spec.name, tree, key)
        if slot not in self._running:
            work = self._run(spec, tree, ready, key, tool, progress, once=once)
            self._running[slot] = _Shared(asyncio.create_task(work))
        shared = self._running[slot]
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if not shared.waiting:
                self._running.pop(slot, None)
                shared.task.cancel()  # nobody wants it any more; does nothing once it is done
                await asyncio.wait({shared.task})

    @asynccontextmanager
    async def _admitted(self) -> AsyncIterator[None]:
        """One of the checks that may run at once (`checks_at_once`)."""
        async with self._turns:
            await self._turns.wait_for(lambda: self._under_way < self._limit())
            self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            async with self._turns:
                self._turns.notify()

    def _limit(self) -> int:
        config = self._shop.tip.config
        return config.checks_at_once if config else Config().checks_at_once

    async def _surroundings(self, ready: Ready) -> str:
        """All that a check finds beside the tree: its environment, and the included files."""
        patterns = await self._shop.included()
        own = await asyncio.to_thread(environment.digest, patterns, self._shop.repository.path)
        return f"{ready.surroundings} {own}" if own else ready.surroundings

    async def _version(self, spec: GuardrailSpec, ready: Ready) -> str:
        command = spec.version or guardrails.kind(spec.kind).version(spec)
        if not command:
            return ""
        slot = (command, ready.key, installed.stamp(command, ready.environment))
        known = self._versions.get(slot)
        if known is None:
            said: list[bytes] = []
            async with folders.fresh(self._shop.place.state, "version") as empty:
                profile = self._plain(empty, empty, ready)
                await sandbox.run(profile, command, timeout=60, on_output=said.append)
            known = b"".join(said).decode(errors="replace").strip()[:200]
            self._versions[slot] = known
        return known

    def _plain(self, folder: Path, results: Path, ready: Ready) -> sandbox.Profile:
        profile = sandbox.gate(str(folder), str(results), environment=ready.environment)
        return replace(profile, contained=self._shop.contained)

    def _profile(
        self, spec: GuardrailSpec, folder: Path, results: Path, ready: Ready
    ) -> sandbox.Profile:
        """The sandbox of one run: what the project prepares, and the services that it names."""
        count = ready.spec.ports
        block = ports.fixed(count) if self._shop.contained else ports.block(count, ())
        plain = self._plain(folder, results, ready)
        profile = ports.accompanied(plain, ready.spec, block, spec.services)
        return replace(profile, before=ready.spec.prepare)

    async def _run(
        self, spec: GuardrailSpec, tree: str, ready: Ready, key: str, tool: str, progress: Progress,
        *, once: bool,
    ) -> Run:  # fmt: skip
        kind = guardrails.kind(spec.kind)
        name = f"{spec.name}-{uuid.uuid4().hex[:12]}"
        started = self._shop.now()
        log = self._shop.logs / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        seen = _Watcher(spec, kind, name, progress, self._shop.store.evidence.last(spec.name))
        async with self._admitted(), self._shop.trees.checkout(tree) as folder:
            await self._include(folder)
            command = kind.command(spec)
            finished, outcome = await self._execute(spec, kind, command, folder, ready, log, seen)
            outcome = await self._touched(folder, outcome)
        note = ""
        if outcome.verdict is Verdict.FAIL and outcome.failing and not once:
            again = kind.again(spec, outcome.failing)
            if again is not None:
                outcome, note = await self._twice(spec, again, tree, ready, log, outcome)
        run = Run(
            id=name, guardrail=spec.name, tree=tree, key=key, tool=tool, verdict=outcome.verdict,
            summary=outcome.summary, exit_code=finished.exit_code, seconds=finished.seconds,
            at=started, failing=outcome.failing, passing=outcome.passing, counted=outcome.counted,
            details=outcome.details, command=spec.run, note=note,
        )  # fmt: skip
        reached(Point.CHECK_RAN)
        self._shop.store.evidence.put_run(run)
        return run

    async def _execute(
        self, spec: GuardrailSpec, kind: Kind, command: str, folder: Path, ready: Ready,
        log: Path, seen: _Watcher,
    ) -> tuple[Finished, Outcome]:  # fmt: skip
        async with folders.fresh(self._shop.place.state, "results") as results:
            with Log(log) as file, contextlib.ExitStack() as stack:
                ticking = asyncio.create_task(seen.tick())
                stack.callback(ticking.cancel)

                def on_output(chunk: bytes) -> None:
                    file.write(chunk)
                    seen.take(chunk)

                finished = await sandbox.run(
                    self._profile(spec, folder, results, ready), command, timeout=spec.timeout,
                    on_output=on_output,
                )  # fmt: skip
            why = report.text(results, REPORT)
            if why:
                return finished, broken(" ".join(why.split())[:300], why)
            return finished, kind.outcome(spec, finished, _readable(log), results)

    async def _twice(
        self, spec: GuardrailSpec, again: str, tree: str, ready: Ready, log: Path, first: Outcome
    ) -> tuple[Outcome, str]:
        """Run what failed twice more, each time in a fresh checkout.

        What passes both times is flaky, and flaky is not a pass.
        """
        kind = guardrails.kind(spec.kind)
        second_log = log.with_suffix(".again.log")
        quiet = _Watcher(spec, kind, "", lambda _: None, None)
        found, note = first, ""
        for _ in range(AGAIN):
            async with self._admitted(), self._shop.trees.checkout(tree) as folder:
                await self._include(folder)
                _, second = await self._execute(spec, kind, again, folder, ready, second_log, quiet)
            with log.open("ab") as file:
                file.write(b"\n--- what failed, run again ---\n" + second_log.read_bytes())
            second_log.unlink()
            found, note = verdict.flaky(first, second)
            if found.verdict is not Verdict.FLAKY:
                break
        return found, note

    async def _include(self, folder: Path) -> None:
        included = await self._shop.included()
        if not included.strip():
            return
        tracked = await self._shop.trees.tracked(folder)
        environment.include(included, self._shop.repository.path, folder, tracked)

    async def _touched(self, folder: Path, outcome: Outcome) -> Outcome:
        """A check that changes tracked files has not checked the tree that it was given."""
        differing = await self._shop.trees.differing(folder)
        if not differing:
            return outcome
        names = ", ".join(differing[:5])
        return Outcome(
            verdict=Verdict.ERROR,
            summary=f"changed tracked files while it ran: {names}",
            details=f"A guardrail may not change tracked files. It changed: {names}",
        )


class _Watcher:
    """Turns a check's output into words of progress, a few a second."""

    def __init__(
        self, spec: GuardrailSpec, kind: Kind, run: str, progress: Progress, last: Run | None
    ) -> None:
        self._spec, self._kind, self._run, self._progress = spec, kind, run, progress
        self._expected = last.seconds if last else None
        self._output: list[bytes] = []
        self._kept = 0
        self._began = asyncio.get_running_loop().time()

    def take(self, chunk: bytes) -> None:
        """More output."""
        if self._kept < READABLE:
            self._output.append(chunk)
            self._kept += len(chunk)

    async def tick(self) -> None:
        """Say how far it is, until cancelled."""
        while True:
            text = b"".join(self._output).decode(errors="replace")
            counted = self._kind.progress(text)
            done, total = counted if counted else (None, None)
            self._progress(
                GuardrailStatus(
                    name=self._spec.name,
                    verdict=Verdict.RUNNING,
                    done=done,
                    total=total,
                    seconds=asyncio.get_running_loop().time() - self._began,
                    expected=self._expected,
                    run=self._run,
                )
            )
            await asyncio.sleep(_TICK if len(text) < 1 << 18 else _TICK * 8)


def _readable(log: Path) -> str:
    """A log's text; of a huge one its beginning and its end."""
    size = log.stat().st_size
    with log.open("rb") as file:
        if size <= READABLE:
            return file.read().decode(errors="replace")
        head = file.read(READABLE // 4)
        file.seek(size - 3 * READABLE // 4)
        cut = f"\n… {size - READABLE} bytes left out …\n".encode()
        return (head + cut + file.read()).decode(errors="replace")
