"""What `doctor` finds out: the machine, the repository and its factory.toml. Changes nothing.

It needs no engine, so that it can say why none starts.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from factory.config import FILE, AgentSpec, Config
from factory.configfile import parse
from factory.endpoints import lacks_key
from factory.git.command import environment as git_environment
from factory.git.command import execute, program
from factory.git.place import Place, find_repository
from factory.git.repository import Repository
from factory.git.target import chosen
from factory.model import ConfigError, FactoryError, RepositoryError
from factory.presets import PRESETS
from factory.sandbox import bubblewrap, profiles
from factory.sandbox.containment import Level
from factory.sandbox.escapes import suite
from factory.wire import Diagnosis, Escape, Health

GIT_AT_LEAST = (2, 38)
"""The first git whose `merge-tree --write-tree` merges without a checkout."""
_PYTHON_AT_LEAST = (3, 11)


async def examine(start: Path, environ: Mapping[str, str]) -> tuple[Diagnosis, ...]:
    """Every part in turn; a part that fails says so and does not hide the next."""
    found = [_python(), await _git(), await _sandbox(), _programs(environ)]
    place: Place | None = None
    try:
        place = find_repository(start)
    except FactoryError as error:
        found.append(Diagnosis(part="repository", health=Health.BROKEN, sentence=str(error)))
    if place is not None:
        found.extend([diagnosis async for diagnosis in _repository(place, environ)])
    return tuple(found)


async def escapes() -> tuple[Escape, ...]:
    """Try every way out of each of the profiles. Raises SandboxError where there is none."""
    tried = {name: await suite.attempt(name) for name in suite.PROFILES}
    return tuple(
        Escape(
            name=probe.name,
            tries=probe.tries,
            found=tuple((name, tried[name][at].sign) for name in suite.PROFILES),
            shown=tuple(
                (name, tried[name][at].shown)
                for name in suite.PROFILES
                if tried[name][at].sign in (suite.Sign.ESCAPED, suite.Sign.UNTRIED)
            ),
        )
        for at, probe in enumerate(suite.probes())
    )


def profile_lines() -> tuple[str, ...]:
    """The sandbox profiles in plain lines, for a worktree at `/WORKTREE`."""
    tree, scratch = "/WORKTREE", "/SCRATCH"
    shown = (
        profiles.tools(tree, scratch, private_git="/GIT", history="/HISTORY"),
        profiles.gate(tree, "/RESULTS"),
        profiles.setup(tree, "/ENV", "/CACHE"),
        profiles.cli(tree, scratch, private_git="/GIT", history="/HISTORY"),
        profiles.cli(tree, scratch, hosts=("HOSTS",), private_git="/GIT", history="/HISTORY"),
    )
    return tuple(
        line for profile in shown for line in bubblewrap.describe(profile).splitlines() if line
    )


def _python() -> Diagnosis:
    version = platform.python_version()
    old = sys.version_info[:2] < _PYTHON_AT_LEAST
    sentence = f"{version}, {sys.executable}"
    if old:
        sentence += "; factory-tui needs 3.11 or newer"
    return Diagnosis(part="python", health=Health.BROKEN if old else Health.FINE, sentence=sentence)


async def _git() -> Diagnosis:
    try:
        line = [program(), "version"]
        answer = await execute(line, env=git_environment(), cwd=Path("/"))
    except FactoryError as error:
        return Diagnosis(part="git", health=Health.BROKEN, sentence=str(error))
    numbers = re.search(r"(\d+)\.(\d+)", answer.text)
    version = tuple(int(number) for number in numbers.groups()) if numbers else ()
    name = answer.text.removeprefix("git version ")
    if version < GIT_AT_LEAST:
        wanted = ".".join(map(str, GIT_AT_LEAST))
        sentence = f"{name} is too old; install git {wanted} or newer"
        return Diagnosis(part="git", health=Health.BROKEN, sentence=sentence)
    return Diagnosis(part="git", health=Health.FINE, sentence=f"{name}, {program()}")


async def _sandbox() -> Diagnosis:
    containment = await suite.probe()
    if containment.level is Level.BUBBLEWRAP:
        health = Health.FINE
    else:  # elsewhere than on Linux it can only be attended: known, and not to be mended
        health = Health.BROKEN if sys.platform == "linux" else Health.WEAK
    return Diagnosis(part="sandbox", health=health, sentence=containment.sentence)


def _programs(environ: Mapping[str, str]) -> Diagnosis:
    path = environ.get("PATH", os.defpath)
    forms = dict.fromkeys(form.program for preset in PRESETS for form in preset.forms)
    found = [name for name in forms if shutil.which(name, path=path)]
    if found:
        sentence = f"on PATH: {', '.join(found)}; `factory-tui agents` says more"
        return Diagnosis(part="agents", health=Health.FINE, sentence=sentence)
    known = ", ".join(preset.title for preset in PRESETS[:3])
    return Diagnosis(
        part="agents",
        health=Health.FINE if environ.get("ANTHROPIC_API_KEY") else Health.WEAK,
        sentence=f"none of {known} is on PATH; `claude` of factory.toml needs only a key",
    )


# --- the repository ------------------------------------------------------------------------


async def _repository(place: Place, environ: Mapping[str, str]) -> AsyncIterator[Diagnosis]:
    repository = Repository(place.path)
    branches = await repository.branches()
    yield Diagnosis(
        part="repository",
        health=Health.FINE if branches else Health.BROKEN,
        sentence=str(place.path)
        if branches
        else f"{place.path} has no commits yet; make a first one",
        details=(f"state in {place.state}", f"socket {place.socket}", f"log {place.log}"),
    )
    if not branches:
        return
    try:
        target = await chosen(repository)
    except RepositoryError as error:
        yield Diagnosis(part=FILE, health=Health.BROKEN, sentence=str(error))
        return
    text = await repository.file(target, FILE)
    if text is None:
        sentence = f"there is none on {target}; `factory-tui init` proposes one"
        yield Diagnosis(part=FILE, health=Health.WEAK, sentence=sentence)
        return
    try:
        config = parse(text.decode(errors="replace"))
    except ConfigError as error:
        yield _mistakes(target, error)
        return
    async for diagnosis in _config(repository, target, config, environ):
        yield diagnosis


def _mistakes(branch: str, error: ConfigError) -> Diagnosis:
    count = len(error.problems)
    return Diagnosis(
        part=FILE,
        health=Health.BROKEN,
        sentence=f"{count} mistake{'s' if count > 1 else ''} on {branch}; correct them and commit",
        details=error.problems,
    )


async def _config(
    repository: Repository, target: str, config: Config, environ: Mapping[str, str]
) -> AsyncIterator[Diagnosis]:
    tip = await repository.tip(target)
    names = ", ".join(spec.name for spec in config.guardrails)
    yield Diagnosis(
        part=FILE,
        health=Health.FINE if names else Health.BROKEN,
        sentence=f"on {target} {tip[:7]}: {names}"
        if names
        else f"on {target} {tip[:7]} names no guardrail: nothing can pass; add one",
    )
    for spec in config.agents:
        if problem := _agent_problem(spec, environ):
            default = spec.name == config.agent
            health = Health.BROKEN if default else Health.WEAK
            yield Diagnosis(part=f"agent {spec.name}", health=health, sentence=problem)


def _agent_problem(spec: AgentSpec, environ: Mapping[str, str]) -> str:
    """Why an agent could not start from this shell; empty where it could."""
    if spec.kind == "claude" and lacks_key(spec, environ.get(spec.key_env, "")):
        return (
            f"{spec.key_env} is not set here; set it, then `factory-tui engine restart`, "
            "since an engine reads keys when it starts"
        )
    if spec.kind == "command":
        words = [word for word in spec.run.split() if "=" not in word]
        name = words[0] if words else ""
        if re.fullmatch(r"[\w./-]+", name) and not shutil.which(name, path=environ.get("PATH")):
            return f"its program {name} is not on PATH; install it, or correct `run`"
    return ""
