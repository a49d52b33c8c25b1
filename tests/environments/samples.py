"""The projects: each has one dependency from a registry, a test that needs it, and a lock file."""

from __future__ import annotations

import json
import textwrap

from factory.model import Struct


class Sample(Struct):
    """One project, and what an agent does in it."""

    name: str
    tools: tuple[str, ...]
    """Programs that must be on PATH."""
    files: dict[str, str]
    lock: str
    """The developer's own command that writes the lock file; empty where there is none to write."""
    script: str
    """What the agent does: it runs the project with its dependency, and writes `proof`."""
    proof: str
    """The file that must land, with what the project said when the agent ran it."""
    says: str
    guardrails: tuple[str, ...]
    """What `init` proposes, at least."""
    vendored: str = ""
    """Debian's folder of crates that stands for crates.io where that cannot be reached."""


def _python(name: str, manifest: str, lock: str, **more: str) -> Sample:
    files = {
        "pyproject.toml": manifest,
        "totals.py": "import iniconfig\n\n\ndef sections(path):\n"
        "    return sorted(s.name for s in iniconfig.IniConfig(path))\n",
        "tests/test_totals.py": "import totals\n\n\ndef test_sections(tmp_path):\n"
        '    (tmp_path / "a.ini").write_text("[b]\\nx=1\\n[a]\\ny=2\\n")\n'
        '    assert totals.sections(str(tmp_path / "a.ini")) == ["a", "b"]\n',
        ".gitignore": "*.egg-info/\n__pycache__/\n",
        **more,
    }
    script = """
        printf '[z]\\nk=1\\n' > sample.ini
        python -c 'import iniconfig, sys; sys.exit(not iniconfig.__file__.startswith("/env/"))'
        python -c 'import totals; print(*totals.sections("sample.ini"))' > proof.txt
        rm sample.ini
        python -m pytest -q -p no:cacheprovider
    """
    return Sample(
        name=name, tools=("python3",) if name == "pip" else (name,), files=files, lock=lock,
        script=textwrap.dedent(script), proof="proof.txt", says="z",
        guardrails=("ruff", "pytest"),
    )  # fmt: skip


def _node(name: str, lock: str) -> Sample:
    package = {
        "name": "shouting",
        "version": "1.0.0",
        "private": True,
        "scripts": {"test": "node --test", "build": "node build.js"},
        "dependencies": {"ms": "2.1.3"},
        "devDependencies": {"semver": "7.6.3"},
    }
    files = {
        "package.json": json.dumps(package, indent=2) + "\n",
        "index.js": "const ms = require('ms');\nexports.seconds = (text) => ms(text) / 1000;\n",
        "index.test.js": "const test = require('node:test');\n"
        "const assert = require('node:assert');\n"
        "const { seconds } = require('./index.js');\n"
        "test('two days', () => assert.strictEqual(seconds('2 days'), 172800));\n",
        "build.js": "require('ms');\n",
        ".gitignore": "node_modules/\n",
    }
    script = """
        node -e 'console.log(require("./index.js").seconds("3 hours"))' > proof.txt
        node_modules/.bin/semver 1.2.3 >> proof.txt
        node --test
    """
    return Sample(
        name=name, tools=(name, "node"), files=files, lock=lock, script=textwrap.dedent(script),
        proof="proof.txt", says="10800\n1.2.3", guardrails=(f"{name}-test", f"{name}-build"),
    )  # fmt: skip


_PROJECT = """\
[project]
name = "totals"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["iniconfig>=2"]
"""
_BUILT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = ["totals"]
"""
_GROUP = '\n[dependency-groups]\ndev = ["pytest"]\n'

UV = _python("uv", _PROJECT + _GROUP, "uv lock --quiet")
PIP = _python("pip", _PROJECT + _BUILT, "", **{"requirements.txt": "iniconfig==2.0.0\n"})
POETRY = _python(
    "poetry",
    """\
[tool.poetry]
name = "totals"
version = "1.0"
description = ""
authors = []
package-mode = false

[tool.poetry.dependencies]
python = ">=3.9"
iniconfig = ">=2"

[tool.poetry.group.dev.dependencies]
pytest = "*"
""",
    "poetry lock --no-interaction --quiet",
)
NPM = _node("npm", "npm install --package-lock-only --no-audit --no-fund --silent")
PNPM = _node("pnpm", "pnpm install --lockfile-only --silent")

CARGO = Sample(
    name="cargo",
    tools=("cargo",),
    files={
        "Cargo.toml": '[package]\nname = "count"\nversion = "0.1.0"\nedition = "2021"\n\n'
        '[dependencies]\nitoa = "1"\n',
        "src/main.rs": textwrap.dedent(
            """\
            fn shown(number: u64) -> String {
                itoa::Buffer::new().format(number).to_owned()
            }

            fn main() {
                println!("{}", shown(6 * 7));
            }

            #[cfg(test)]
            mod tests {
                #[test]
                fn numbers_are_shown() {
                    assert_eq!(super::shown(42), "42");
                }
            }
            """
        ),
        ".gitignore": "target/\n",
    },
    lock="cargo generate-lockfile --quiet",
    script="cargo run --offline --locked --quiet > proof.txt\n",
    proof="proof.txt",
    says="42",
    guardrails=("rustfmt", "clippy", "cargo-test"),
    vendored="itoa",
)

GO = Sample(
    name="go",
    tools=("go",),
    files={
        "go.mod": "module example.com/wrapped\n\ngo 1.19\n\nrequire github.com/pkg/errors v0.9.1\n",
        "main.go": 'package main\n\nimport (\n\t"fmt"\n\n\t"github.com/pkg/errors"\n)\n\n'
        'func wrapped() error {\n\treturn errors.Wrap(errors.New("inner"), "outer")\n}\n\n'
        "func main() {\n\tfmt.Println(wrapped())\n}\n",
        "main_test.go": 'package main\n\nimport "testing"\n\n'
        'func TestWrapped(t *testing.T) {\n\tif wrapped().Error() != "outer: inner" {\n'
        "\t\tt.Fatal(wrapped())\n\t}\n}\n",
    },
    lock="go mod tidy",
    script="go run . > proof.txt\n",
    proof="proof.txt",
    says="outer: inner",
    guardrails=("gofmt", "go-vet", "go-test"),
)


def _below(folder: str, sample: Sample) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in sample.files.items()}


MONOREPO = Sample(
    name="monorepo",
    tools=("uv", "npm", "node"),
    files={**_below("api", UV), **_below("web", NPM)},
    lock=f"(cd api && {UV.lock}) && (cd web && {NPM.lock})",
    script=f"(cd api\n{UV.script})\n(cd web\n{NPM.script})\n",
    proof="web/proof.txt",
    says=NPM.says,
    guardrails=("api-ruff", "api-pytest", "web-npm-test", "web-npm-build"),
)

ALL = (UV, PIP, POETRY, NPM, PNPM, CARGO, GO, MONOREPO)
