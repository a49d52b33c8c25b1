"""One project from its lock file to a landed change: init, setup, an agent that runs it, a gate."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - the developer writes their lock file with their own program
import sys
import time
from pathlib import Path

from factory import wire
from factory.config import EnvironmentSpec
from factory.configfile import parse
from factory.model import Budget, Struct, TaskState, Verdict
from tests.developer import Developer
from tests.environments.samples import Sample
from tests.works import SCRIPT, Works, works

CRATES = "/usr/share/cargo/registry"
"""Where Debian's librust-…-dev packages put the source of crates."""
_PATIENCE = 900.0


class MissingError(Exception):
    """What a sample needs and this machine does not have, in a sentence."""


class Travelled(Struct):
    """How it went."""

    environment: EnvironmentSpec
    text: str
    """The factory.toml that `init` proposed and that landed."""
    green: tuple[str, ...]
    """The guardrails that the agent's change passed."""
    shows: str
    """What the project said when the agent ran it, as it landed."""
    built: float
    """Seconds of `init`, which builds the environment and runs every guardrail once."""
    seconds: float


async def travel(sample: Sample, home: Path, crates: str = CRATES) -> Travelled:
    """The whole way. Raises MissingError where a program or a registry is not to be had."""
    missing = [name for name in sample.tools if shutil.which(name) is None]
    if missing:
        raise MissingError(f"no {' and no '.join(missing)} on PATH")
    began = time.monotonic()
    developer = Developer(home / sample.name)
    developer.write(sample.files)
    _lock(sample, developer.path, crates)
    developer.commit({}, f"A project of {sample.name}'s")
    async with works(developer) as factory:
        proposed = await factory.client.propose(
            task=Budget(usd=2), day=Budget(usd=20), agent="", measure=True
        )
        built = time.monotonic() - began
        red = {one.status.name: one.status.summary for one in proposed.guardrails
               if one.status.verdict is not Verdict.PASS}  # fmt: skip
        assert not red, f"{red}\n{proposed.text}"
        text = f"{_by_script(proposed.text)}\n{SCRIPT}"
        offered = await factory.send(
            wire.Adopt(title="factory.toml", path="factory.toml", text=text)
        )
        await arrives(factory, offered.tasks[0], TaskState.READY)
        await factory.land(offered.tasks[0])
        task = await factory.add("Run it", sample.script)
        await arrives(factory, task, TaskState.READY)
        view = await factory.view(task)
        assert view.change is not None
        green = tuple(one.guardrail for one in view.change.judged if one.verdict is Verdict.PASS)
        await factory.land(task)
    return Travelled(
        environment=parse(text).environment, text=text, green=green,
        shows=developer.shows(sample.proof), built=built, seconds=time.monotonic() - began,
    )  # fmt: skip


async def arrives(factory: Works, task: str, state: TaskState) -> None:
    """Wait as long as a set-up takes; a task that ends up elsewhere fails at once."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            await factory.until(task, state)
        except AssertionError as error:
            if "nothing more happens" not in str(error) or time.monotonic() > end:
                raise
        else:
            return


def _by_script(text: str) -> str:
    """The same file, with an agent of which no model has a word."""
    lines = text.splitlines()
    return "\n".join('agent = "script"' if line.startswith("agent = ") else line for line in lines)


def _lock(sample: Sample, folder: Path, crates: str) -> None:
    if not sample.lock:
        return
    done = _run(sample.lock, folder)
    if done.returncode and (
        (sample.vendored and _vendor(sample.vendored, folder, Path(crates)))
        or (sample.name == "poetry" and _mirror(folder))
    ):
        done = _run(sample.lock, folder)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise MissingError(f"`{sample.lock}` ended with {done.returncode}: {said[-1]}")


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("bash", "-ec", command), cwd=folder, capture_output=True, text=True, check=False,
        timeout=300, env=dict(os.environ),
    )  # fmt: skip


def _mirror(folder: Path) -> bool:
    """Name the index that this machine's pip uses, of which poetry reads nothing by itself."""
    own = _run(f"{sys.executable} -m pip config get global.index-url", folder)
    usual = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    address = own.stdout.strip() or _run(f"{sys.executable} -c '{usual}'", folder).stdout.strip()
    if not address:
        return False
    with (folder / "pyproject.toml").open("a") as file:
        file.write(f'\n[[tool.poetry.source]]\nname = "mirror"\nurl = "{address}"\n')
    return True


def _vendor(name: str, folder: Path, crates: Path) -> bool:
    """Put a crate of Debian's into the tree, as `cargo vendor` would; False where there is none."""
    found = sorted(crates.glob(f"{name}-[0-9]*"))
    if not found:
        return False
    shutil.copytree(found[-1], folder / "vendor" / name)
    (folder / ".cargo").mkdir()
    (folder / ".cargo" / "config.toml").write_text(
        '[source.crates-io]\nreplace-with = "vendored"\n\n[source.vendored]\ndirectory = "vendor"\n'
    )
    return True
