"""Go and Rust, whose tools are the same in every project; and make, whose targets are not."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from factory.config import EnvironmentSpec, GuardrailSpec
from factory.proposal.findings import Findings, Site

_GO_FILES = "find . -name vendor -prune -o -name '*.go' -print0 | xargs -0 -r"
_GO = (
    GuardrailSpec(
        name="gofmt",
        run=f'bad=$({_GO_FILES} gofmt -l) && echo "$bad" && test -z "$bad"',
        fix=f"{_GO_FILES} gofmt -w",
        version="go version",
    ),
    GuardrailSpec(name="go-vet", run="go vet ./...", version="go version"),
)
_GO_TEST = GuardrailSpec(name="go-test", run="go test ./...", version="go version", timeout=1800.0)
_RUST_TEST = re.compile(r"#\[(?:\w+::)*test\b")
_RULE = re.compile(r"^(\w[\w \t.-]*?)[ \t]*::?(?![:=])", re.MULTILINE)
_COVERED = {
    "lint": {"ruff", "go-vet", "clippy", "npm-lint", "pnpm-lint", "yarn-lint", "bun-lint"},
    "test": {"pytest", "go-test", "cargo-test", "npm-test", "pnpm-test", "yarn-test", "bun-test"},
}


def look_for_go(site: Site) -> Findings:
    """gofmt, go vet and go test; nothing without a go.mod in the root."""
    tree = site.tree
    if "go.mod" not in tree:
        return Findings()
    reach = site.reach("go")
    if reach is None:
        return Findings(missing=("go.mod is there but no go on PATH: not proposed",))
    environment = EnvironmentSpec(env=(("GOTOOLCHAIN", "local"),))
    if re.search(r"^\s*require\b", tree.text("go.mod"), re.MULTILINE) and not tree.some(
        "vendor/modules.txt"
    ):
        inputs = tuple(name for name in ("go.mod", "go.sum") if name in tree)
        environment = EnvironmentSpec(
            setup=("go mod download",),
            inputs=inputs,
            env=(*environment.env, ("GOMODCACHE", "/env/gomod")),
        )
    found = Findings(guardrails=_GO, environment=reach) + Findings(environment=environment)
    if tree.some("*_test.go"):
        return found + Findings(guardrails=(_GO_TEST,))
    return found + Findings(missing=("no tests found: there is no *_test.go",))


def look_for_rust(site: Site) -> Findings:
    """cargo fmt, clippy and test; nothing without a Cargo.toml in the root."""
    tree = site.tree
    if "Cargo.toml" not in tree:
        return Findings()
    program = site.programs("cargo")
    reach = site.reach("cargo")
    if program is None or reach is None:
        return Findings(missing=("Cargo.toml is there but no cargo on PATH: not proposed",))
    locked = " --locked" if "Cargo.lock" in tree else ""
    offline = f"--offline{locked}"
    clippy = f"cargo clippy {offline} --all-targets -- -D warnings"
    guardrails = [
        GuardrailSpec(
            name="rustfmt",
            run="cargo fmt --all --check",
            fix="cargo fmt --all",
            version="cargo fmt --version",
        ),
        GuardrailSpec(name="clippy", run=clippy, version="cargo clippy --version", timeout=1800.0),
    ]
    missing = [] if locked else ["there is no Cargo.lock: every set-up may fetch other versions"]
    if any(_RUST_TEST.search(tree.text(name)) for name in tree.some("*.rs")):
        test = f"cargo test {offline}"
        guardrails.append(
            GuardrailSpec(name="cargo-test", run=test, version="cargo --version", timeout=1800.0)
        )
    else:
        missing.append("no tests found: no function is marked #[test]")
    fetched = EnvironmentSpec(
        setup=(f"cargo fetch{locked}",),
        inputs=tuple(tree.some("Cargo.toml", "Cargo.lock")),
        env=(("CARGO_HOME", "/env/cargo"),),
    )
    found = Findings(guardrails=tuple(guardrails), environment=fetched, missing=tuple(missing))
    return Findings(environment=reach) + _rustup(site, program) + found


def _rustup(site: Site, program: str) -> Findings:
    """rustup's cargo is a proxy that finds the real one through RUSTUP_HOME."""
    folder = PurePosixPath(program).parent
    if not folder.match("*/.cargo/bin"):
        return Findings()
    rustup = site.short(folder.parent.parent / ".rustup")
    return Findings(
        environment=EnvironmentSpec(toolchain=(rustup,), env=(("RUSTUP_HOME", rustup),))
    )


def look_for_make(site: Site, found: Findings) -> Findings:
    """The targets lint, check and test, where nothing found so far does the same."""
    makefile = site.tree.first(("GNUmakefile", "makefile", "Makefile"))
    targets = {name for rule in _RULE.findall(site.tree.text(makefile)) for name in rule.split()}
    names = {spec.name for spec in found.guardrails}
    covered = {target for target, others in _COVERED.items() if names & others}
    if len(covered) == len(_COVERED):
        covered.add("check")
    wanted = [target for target in ("lint", "check", "test") if target in targets - covered]
    if not wanted:
        return Findings()
    reach = site.reach("make")
    if reach is None:
        return Findings(missing=(f"{makefile} is there but no make on PATH: not proposed",))
    guardrails = tuple(
        GuardrailSpec(name=f"make-{target}", run=f"make {target}", timeout=1800.0)
        for target in wanted
    )
    return Findings(guardrails=guardrails, environment=reach)
