"""Which agents a machine has: an API key, and agent programs on PATH."""

from __future__ import annotations

from factory.config import AgentSpec
from factory.presets import PRESETS
from factory.proposal.findings import Findings, Site

KEY = "ANTHROPIC_API_KEY"


def look(site: Site) -> Findings:
    """At least one agent: with neither key nor program, the one that asks for the key."""
    ours = AgentSpec(name="claude", kind="claude", key_env=KEY)
    found = Findings(agents=(ours,)) if KEY in site.keys else Findings()
    for preset in PRESETS:
        form = next((form for form in preset.forms if site.programs(form.program)), None)
        if form is not None:
            spec = AgentSpec(name=preset.name, kind=form.kind, preset=preset.name)
            found += Findings(agents=(spec,))
    if found.agents:
        return found
    return Findings(
        agents=(ours,),
        missing=(
            f"no agent can work yet: there is no {KEY}, and {_named()} is on PATH; "
            f"set {KEY} before the engine starts, install one of them, or name a program of your "
            "own under [agents.NAME]",
        ),
    )


def _named() -> str:
    """`neither claude nor codex nor …`."""
    programs = dict.fromkeys(form.program for preset in PRESETS for form in preset.forms[:1])
    return "neither " + " nor ".join(programs)
