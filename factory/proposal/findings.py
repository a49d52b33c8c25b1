"""What a look at a repository is given, and what it brings back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from factory.config import AgentSpec, EnvironmentSpec, GuardrailSpec
from factory.model import Struct
from factory.proposal.tree import Tree

_ON_PATH = ("/bin", "/usr/bin", "/usr/local/bin")
_MOUNTED = ("/bin", "/lib", "/sbin", "/usr")
_WHOLE = re.compile(r"/|/opt|/root|/(?:home|Users)(?:/[^/]+)?|.*/\.(?:local|cargo)")
"""Never mounted whole: homes and disks, and what holds credentials beside its programs."""


class Findings(Struct):
    """What one look found; findings of several looks add up."""

    guardrails: tuple[GuardrailSpec, ...] = ()
    environment: EnvironmentSpec = EnvironmentSpec()
    agents: tuple[AgentSpec, ...] = ()
    missing: tuple[str, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        ours, theirs = self.environment, other.environment
        return Findings(
            guardrails=self.guardrails + other.guardrails,
            environment=EnvironmentSpec(
                setup=ours.setup + theirs.setup,
                inputs=_once(ours.inputs + theirs.inputs),
                toolchain=_once(ours.toolchain + theirs.toolchain),
                path=_once(ours.path + theirs.path),
                env=tuple(dict((*ours.env, *theirs.env)).items()),
                prepare=ours.prepare + theirs.prepare,
            ),
            agents=self.agents + other.agents,
            missing=self.missing + other.missing,
        )


class Proposal(Struct):
    """A first factory.toml as data; `compose` writes it down."""

    guardrails: tuple[GuardrailSpec, ...] = ()
    environment: EnvironmentSpec = EnvironmentSpec()
    agents: tuple[AgentSpec, ...] = ()
    """Never empty; the first is the one to propose as the default."""
    missing: tuple[str, ...] = ()
    """One sentence for each thing that the developer should know is not there."""


class Site(Struct):
    """A checked-out tree, and what its machine has to work on it."""

    tree: Tree
    programs: Callable[[str], str | None]
    """The absolute path of a program by its name, as `shutil.which`."""
    keys: tuple[str, ...] = ()
    """Names of the variables that hold something; their values are nobody's business."""
    home: str = ""
    """The developer's home, so that paths in it can be written with `~`."""
    exists: Callable[[str], bool] = lambda _folder: False
    """Whether a folder of the machine, written with `~`, is there."""

    def reach(self, program: str) -> EnvironmentSpec | None:
        """How the sandbox gets at a program of the machine; None where there is none."""
        found = self.programs(program)
        if not found:
            return None
        folder = PurePosixPath(found).parent
        if str(folder) in _ON_PATH:
            return EnvironmentSpec()
        path = (self.short(folder),)
        if any(folder.is_relative_to(place) for place in _MOUNTED):
            return EnvironmentSpec(path=path)
        if _WHOLE.fullmatch(str(folder)):
            return None
        whole = folder.parent if folder.name == "bin" else folder
        mounted = folder if _WHOLE.fullmatch(str(whole)) else whole
        return EnvironmentSpec(toolchain=(self.short(mounted),), path=path)

    def short(self, folder: PurePosixPath) -> str:
        """A folder of the machine as factory.toml has it: with `~` for the home."""
        if self.home and folder != PurePosixPath(self.home) and folder.is_relative_to(self.home):
            return f"~/{folder.relative_to(self.home)}"
        return str(folder)


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
