"""Which agents a machine has: an API key, and agent programs on PATH."""

from __future__ import annotations

from factory.agents.command import CLAUDE_CODE, CLAUDE_CODE_ENV
from factory.config import AgentSpec, EnvironmentSpec
from factory.model import Struct
from factory.proposal.findings import Findings, Site

KEY = "ANTHROPIC_API_KEY"


class _Preset(Struct):
    """An agent program that is known, and where it keeps what it needs."""

    program: str
    spec: AgentSpec
    data: tuple[str, ...] = ()
    """Folders that its program on PATH may be a link into."""


_CLAUDE_CODE = AgentSpec(
    name="claude-code",
    kind="command",
    run=" ".join((*(f"{name}={value}" for name, value in CLAUDE_CODE_ENV), CLAUDE_CODE)),
    output="claude-stream-json",
    network=True,
    login=("~/.claude", "~/.claude.json"),
    subscription=True,
)
_PRESETS = (
    _Preset(program="claude", spec=_CLAUDE_CODE, data=("~/.local/share/claude",)),
    _Preset(
        program="codex",
        spec=AgentSpec(
            name="codex",
            kind="command",
            run='codex exec --dangerously-bypass-approvals-and-sandbox - < "$FACTORY_PROMPT_FILE"',
            network=True,
            login=("~/.codex",),
            subscription=True,
        ),
    ),
    _Preset(
        program="gemini",
        spec=AgentSpec(
            name="gemini",
            kind="command",
            run='gemini --approval-mode yolo -p "$(cat "$FACTORY_PROMPT_FILE")"',
            network=True,
            login=("~/.gemini",),
            subscription=True,
        ),
    ),
)


def look(site: Site) -> Findings:
    """At least one agent: with neither key nor program, the one that asks for the key."""
    ours = AgentSpec(name="claude", kind="claude", key_env=KEY)
    found = Findings(agents=(ours,)) if KEY in site.keys else Findings()
    for preset in _PRESETS:
        reach = site.reach(preset.program)
        if reach is not None:
            found += Findings(agents=(preset.spec,), environment=_linked(site, reach, preset.data))
    if found.agents:
        return found
    return Findings(
        agents=(ours,),
        missing=(
            f"no agent can work yet: there is no {KEY} and no claude, codex or gemini on PATH; "
            f"set {KEY} before the engine starts, install one of them, or name a program of your "
            "own under [agents.NAME]",
        ),
    )


def _linked(site: Site, reach: EnvironmentSpec, data: tuple[str, ...]) -> EnvironmentSpec:
    links = tuple(folder for folder in data if reach.toolchain and site.exists(folder))
    return EnvironmentSpec(toolchain=reach.toolchain + links, path=reach.path)
