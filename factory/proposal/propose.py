"""Looks at a checked-out tree and says what its factory.toml could be."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from msgspec.structs import replace

from factory.proposal import agents, compiled, node, projects, python
from factory.proposal.findings import Findings, Proposal, Site
from factory.proposal.tree import Tree

_LOOKS: tuple[Callable[[Site], Findings], ...] = (
    python.look,
    node.look,
    compiled.look_for_go,
    compiled.look_for_rust,
)
"""A further language is one function and one line here."""


def _looked(site: Site) -> Findings:
    found = Findings()
    for look in _LOOKS:
        found += look(site)
    return found


def propose(
    root: Path,
    *,
    programs: Callable[[str], str | None],
    keys: Collection[str] = (),
    home: str = "",
    exists: Callable[[str], bool] = lambda _folder: False,
) -> Proposal:
    """Guardrails, environment and agents for the tree below `root`.

    Nothing is run and nothing outside of `root` is read. `programs` finds a program on PATH, as
    `shutil.which` does; `keys` names the variables that are set; `home` is written as `~`;
    `exists` says whether a folder such as `~/.local/share/claude` is there.
    """
    site = Site(tree=Tree(root), programs=programs, keys=tuple(keys), home=home, exists=exists)
    folders = projects.folders(site.tree)
    found = _looked(replace(site, tree=site.tree.without(folders)))
    below = {name: _looked(replace(site, tree=site.tree.below(name))) for name in folders}
    found += projects.together(site.tree, found, below)
    found += compiled.look_for_make(site, found)
    if not found.guardrails:
        found += Findings(
            missing=(
                "nothing to check with was found: write at least one [[guardrail]] with a command "
                "that tells a good change from a bad one",
            )
        )
    found += agents.look(site)
    return Proposal(
        guardrails=found.guardrails,
        environment=found.environment,
        agents=found.agents,
        missing=found.missing,
    )
