"""Node: the scripts of package.json, by the package manager that the lock file belongs to."""

from __future__ import annotations

from typing import Any

import msgspec

from factory.config import EnvironmentSpec, GuardrailSpec
from factory.model import Struct
from factory.proposal.findings import Findings, Site
from factory.proposal.tree import Tree

_LINK = (
    "mkdir -p node_modules && ln -sfn /env/node_modules/.[!.]* /env/node_modules/* node_modules/"
)
"""Node looks for modules beside the code, and some tools write caches there: a folder of links."""
_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
_FROZEN = {
    "npm": "npm ci --no-audit --no-fund",
    "pnpm": "pnpm install --frozen-lockfile",
    "yarn": "yarn install --frozen-lockfile",
    "bun": "bun install --frozen-lockfile",
}
_SCRIPTS = {
    "lint": ("lint",),
    "format": ("format:check", "check-format", "format-check", "prettier:check"),
    "types": ("typecheck", "type-check", "check-types", "types", "tsc"),
    "test": ("test",),
    "build": ("build",),
}
"""What a guardrail is called → the scripts that may be it, the first one there."""


class _Package(Struct, rename="camel"):
    scripts: dict[str, str] = msgspec.field(default_factory=dict)
    workspaces: Any = None
    package_manager: str = ""
    dependencies: dict[str, Any] = msgspec.field(default_factory=dict)
    dev_dependencies: dict[str, Any] = msgspec.field(default_factory=dict)


def look(site: Site) -> Findings:
    """Guardrails and environment of a Node project; nothing without a package.json."""
    tree = site.tree
    if "package.json" not in tree:
        return Findings()
    try:
        package = msgspec.json.decode(tree.text("package.json"), type=_Package)
    except msgspec.MsgspecError as error:
        return Findings(missing=(f"package.json cannot be read: {error}",))
    lock = tree.first(_LOCKS)
    named = package.package_manager.partition("@")[0]
    program = named if named in _FROZEN else _LOCKS.get(lock, "npm")
    reach = site.reach(program)
    if reach is None:
        return Findings(missing=(f"package.json is there but no {program} on PATH: not proposed",))
    guardrails = tuple(_guardrails(package, program))
    found = Findings(guardrails=guardrails, environment=reach)
    if not any(spec.name == f"{program}-test" for spec in guardrails):
        found += Findings(missing=("no tests found: package.json has no script `test`",))
    return found + _modules(tree, package, program, lock) if guardrails else found


def _guardrails(package: _Package, program: str) -> list[GuardrailSpec]:
    found = []
    for name, scripts in _SCRIPTS.items():
        script = next((script for script in scripts if script in package.scripts), "")
        if script and "no test specified" not in package.scripts[script]:
            run = f"{program} run {script}"
            limit = 1800.0 if name == "test" else 600.0
            found.append(GuardrailSpec(name=f"{program}-{name}", run=run, timeout=limit))
    return found


def _modules(tree: Tree, package: _Package, program: str, lock: str) -> Findings:
    """node_modules, built beside the code and moved: scripts of the project may need the code."""
    if not (package.dependencies or package.dev_dependencies):
        return Findings()
    missing = [] if lock else ["there is no lock file: every set-up may install other versions"]
    if package.workspaces or "pnpm-workspace.yaml" in tree:
        missing.append(
            "this is a workspace: links between its packages do not survive the move to /env; "
            "write commands that keep them to environment.setup"
        )
    if tree.some(".pnp.*") or "nodeLinker: pnp" in tree.text(".yarnrc.yml"):
        missing.append(
            "yarn's Plug'n'Play does not work in the sandbox: set nodeLinker to node-modules"
        )
    install = _FROZEN[program] if lock else f"{program} install"
    if program == "yarn" and ".yarnrc.yml" in tree:
        install = "yarn install --immutable"
    setup = f"{install} && mv node_modules /env/node_modules"
    inputs = tuple(name for name in ("package.json", lock, ".npmrc", ".yarnrc.yml") if name in tree)
    return Findings(
        environment=EnvironmentSpec(setup=(setup,), inputs=inputs, prepare=(_LINK,)),
        missing=tuple(missing),
    )
