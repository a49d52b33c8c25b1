"""What stands around an attempt's work: its ports, what comes before it, what is done after it."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from factory import sandbox
from factory.config import Config
from factory.entry import Remark
from factory.environment import ports
from factory.git import submodules
from factory.model import AgentError, FactoryError, Task
from factory.sandbox import Profile
from factory.shop import Shop
from factory.transcript import Transcript
from factory.wire import Grew

PREPARING = 1800.0
"""Seconds that preparing a worktree may take."""
LONGEST = 60.0
"""Seconds that each command of a teardown may take."""
_NAMED = 3
"""Paths that a remark names."""
_TOLD = 400
"""Letters of what a failed one said last."""


def block(shop: Shop, task: Task) -> tuple[int, int]:
    """The task's ports, for as long as it is not over; no other task's are among them."""
    if task.ports[1]:
        return task.ports
    config = shop.tip.config or Config()
    others = (other.ports for other in shop.store.tasks.all() if not other.state.over)
    return ports.block(config.environment.ports, others, start=int(shop.place.id[:6], 16))


async def prepare(shop: Shop, task: Task, profile: Profile) -> None:
    """Run what the project wants before each round of work, its services beside it.

    Raises AgentError where it fails in a worktree that no agent has worked in yet; later it is the
    agent's to mend.
    """
    commands = shop.tip.config.environment.prepare if shop.tip.config else ()
    if not commands:
        return
    said: list[bytes] = []
    with_it = replace(profile, before=commands)
    done = await sandbox.run(with_it, "true", timeout=PREPARING, on_output=said.append)
    if done.exit_code != 0 and not task.snapshot:
        text = b"".join(said)[-4 * _TOLD :].decode(errors="replace").strip()[-_TOLD:]
        raise AgentError(
            "the worktree could not be prepared, as factory.toml's environment.prepare asks; mend "
            f"it there, then resume: {text}"
        )


async def tears_down(shop: Shop) -> bool:
    """Whether there is something to tear down, and the environment to do it in."""
    config = shop.tip.config
    if config is None or not config.environment.teardown:
        return False
    inputs = await shop.inputs(config, shop.tip.tree)
    return shop.environments.known(config.environment, inputs) is not None


async def tear_down(shop: Shop, attempt: str, profile: Profile) -> None:
    """Run the tip's `[environment] teardown` in an attempt's sandbox, one after the other.

    What fails is a remark in the transcript, and stops nothing.
    """
    commands = shop.tip.config.environment.teardown if shop.tip.config else ()
    for command in commands:
        if problem := await _problem(profile, command):
            _remark(shop, attempt, f"teardown: `{command}` {problem}")


async def _problem(profile: Profile, command: str) -> str:
    """Run it; what went wrong, or nothing."""
    said: list[bytes] = []
    try:
        done = await sandbox.run(profile, command, timeout=LONGEST, on_output=said.append)
    except FactoryError as error:
        return f"could not run: {error}"
    if done.exit_code == 0:
        return ""
    how = f"took over {LONGEST:g} s" if done.timed_out else f"ended with {done.exit_code}"
    text = b"".join(said)[-4 * _TOLD :].decode(errors="replace").strip()[-_TOLD:]
    return f"{how}: {text}" if text else how


def say_lacking(shop: Shop, attempt: str, folder: Path) -> None:
    """Remark which files of git-lfs the developer has not fetched."""
    lacking = shop.trees.lacking.get(folder, ())
    if lacking:
        names = ", ".join(lacking[:_NAMED]) + (" and more" if lacking[_NAMED:] else "")
        text = "stays a pointer: its object is not in .git/lfs/objects; `git lfs fetch` brings it"
        _remark_once(shop, attempt, f"{names} {text}")


async def say_left_out(shop: Shop, attempt: str, folder: Path, base: str) -> None:
    """Remark what is in no snapshot: what was changed inside submodules."""
    if shop.trees.modules is None:
        return
    for path in await submodules.edited(shop.vault.git, folder, base):
        text = "is a submodule: what is changed inside it is in no snapshot and does not land"
        _remark_once(shop, attempt, f"{path} {text}")


def _remark_once(shop: Shop, attempt: str, text: str) -> None:
    known = Transcript(shop.attempt_folder(attempt) / "transcript.jsonl").entries()
    if not any(isinstance(one, Remark) and one.text == text for one in known):
        _remark(shop, attempt, text)


def _remark(shop: Shop, attempt: str, text: str) -> None:
    path = shop.attempt_folder(attempt) / "transcript.jsonl"
    transcript = Transcript(path, shop.discretion)
    size = transcript.append(Remark(at=shop.now(), text=text))
    transcript.close()
    shop.tell(Grew(name=attempt, size=size))
