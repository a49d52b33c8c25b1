from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from factory import sandbox
from factory.config import (
    FOLDED,
    PROTECTED,
    AgentSpec,
    Compare,
    Config,
    EnvironmentSpec,
    GuardrailSpec,
)
from factory.configfile import parse
from factory.environment import toolchain
from factory.model import Budget, ConfigError
from factory.proposal import Proposal, compose, propose

TEST = "def test_it():\n    assert True\n"
TOOLS = {name: f"/usr/bin/{name}" for name in ("make", "go", "cargo", "npm", "pnpm", "yarn")}

ROOTS_HOME = "/root"


def grow(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def look(
    root: Path,
    files: Mapping[str, str],
    programs: Callable[[str], str | None] = TOOLS.get,
    keys: tuple[str, ...] = ("ANTHROPIC_API_KEY",),
) -> Proposal:
    return propose(grow(root, files), programs=programs, keys=keys, home="/home/me")


def commands(proposal: Proposal) -> dict[str, str]:
    return {spec.name: spec.run for spec in proposal.guardrails}


def written(proposal: Proposal, *, red: tuple[str, ...] = (), **measured: Compare) -> str:
    return compose(
        proposal,
        measured=measured,
        caps=Budget(usd=2.5, minutes=45),
        day=Budget(usd=20, tokens=3_000_000),
        agent=proposal.agents[0].name,
        red=red,
    )


# --- Python --------------------------------------------------------------------------------


def test_a_plain_python_folder_gets_ruff_and_pytest_which_the_sandbox_has(tmp_path: Path) -> None:
    found = look(tmp_path, {"app.py": "x = 1\n", "tests/test_app.py": TEST})
    assert commands(found) == {"ruff": "ruff check .", "pytest": "python -m pytest"}
    assert [spec.kind for spec in found.guardrails] == ["ruff", "pytest"]
    assert found.environment == EnvironmentSpec()


@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")
@pytest.mark.parametrize(("body", "code"), [("assert True", 0), ("assert False", 1)])
def test_what_is_proposed_for_it_runs_in_the_sandbox_as_it_stands(
    tmp_path: Path, body: str, code: int
) -> None:
    files = {
        "app.py": "x = 1\n",
        "tests/test_app.py": f"import app\n\n\ndef test_it():\n    app.x += 1\n    {body}\n",
    }
    found = look(tmp_path / "tree", files)
    (tmp_path / "results").mkdir()
    profile = sandbox.gate(
        str(tmp_path / "tree"),
        str(tmp_path / "results"),
        environment=toolchain(found.environment),
    )
    codes = {
        name: asyncio.run(sandbox.run(profile, run, timeout=120)).exit_code
        for name, run in commands(found).items()
    }
    assert codes == {"ruff": 0, "pytest": code}


def test_without_tests_there_is_no_pytest_and_that_is_said(tmp_path: Path) -> None:
    found = look(tmp_path, {"app.py": ""})
    assert list(commands(found)) == ["ruff"]
    assert any(sentence.startswith("no tests found") for sentence in found.missing)


def test_a_package_is_installed_with_the_extras_that_its_tests_need(tmp_path: Path) -> None:
    pyproject = """
[build-system]
requires = ["hatchling"]
[project]
name = "app"
dependencies = ["httpx>=1"]
[project.optional-dependencies]
docs = ["sphinx"]
test = ["pytest>=8"]
lint = ["mypy"]
[tool.ruff.format]
quote-style = "double"
[tool.mypy]
strict = true
packages = ["app"]
"""
    files = {"pyproject.toml": pyproject, "src/app/__init__.py": "", "tests/test_a.py": TEST}
    found = look(tmp_path, files)
    assert commands(found) == {
        "ruff": "ruff check .",
        "ruff-format": "ruff format --check .",
        "mypy": "mypy",
        "pytest": "python -m pytest",
    }
    assert found.environment == EnvironmentSpec(
        setup=("python3 -m venv /env", "/env/bin/pip install -e '.[test,lint]'"),
        inputs=("pyproject.toml",),
    )
    assert found.missing == ()


def test_a_tool_that_no_list_names_is_installed_and_named(tmp_path: Path) -> None:
    pyproject = """
[build-system]
requires = ["hatchling"]
[project]
name = "app"
[tool.ruff]
[tool.black]
[tool.mypy]
strict = true
[tool.hatch.build.targets.wheel]
packages = ["app"]
"""
    files = {"pyproject.toml": pyproject, "app/__init__.py": "", "tests/test_a.py": TEST}
    found = look(tmp_path, files)
    assert commands(found)["black"] == "black --check ."
    assert commands(found)["mypy"] == "mypy app"
    assert found.environment.setup[-1] == "/env/bin/pip install black mypy pytest"
    assert found.missing == tuple(
        f"{tool} is configured but no dependency list names it: its newest is installed"
        for tool in ("black", "mypy")
    )


@pytest.mark.parametrize(
    ("files", "setup"),
    [
        (
            {"requirements.txt": "httpx\n", "requirements-dev.txt": "pytest  # for tests\n"},
            ("/env/bin/pip install -r requirements.txt -r requirements-dev.txt",),
        ),
        (
            {"setup.py": "", "requirements/tests.in": "x", "requirements/tests.txt": "pytest==8"},
            ("/env/bin/pip install -r requirements/tests.txt -e .",),
        ),
        (
            {"setup.cfg": "[metadata]\nname = a\n[options.extras_require]\ntest =\n    pytest\n"},
            ("/env/bin/pip install -e '.[test]'",),
        ),
        (
            {
                "pyproject.toml": "[build-system]\nrequires = ['setuptools-scm']\n[project]\n"
                "name = 'a'\n[dependency-groups]\nbase = ['pytest']\n"
                "dev = [{include-group = 'base'}, 'black']\n"
            },
            (
                "/env/bin/pip install --upgrade pip",
                "SETUPTOOLS_SCM_PRETEND_VERSION=0.0.0 PBR_VERSION=0.0.0 "
                "/env/bin/pip install --group base --group dev -e .",
            ),
        ),
        (
            {
                "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest']\n",
                "uv.lock": "",
            },
            (
                "/env/bin/pip install uv",
                "VIRTUAL_ENV=/env /env/bin/uv sync --active --frozen --inexact --group dev",
            ),
        ),
        (
            {"pyproject.toml": "[project]\nname = 'a'\ndependencies = ['httpx', 'pytest']\n"},
            (
                "/env/bin/pip install uv",
                "/env/bin/uv pip install --python /env/bin/python -r pyproject.toml",
            ),
        ),
        (
            {
                "pyproject.toml": "[tool.poetry]\nname = 'a'\n[tool.poetry.dependencies]\n"
                "python = '^3.11'\n[tool.poetry.group.test.dependencies]\npytest = '^8'\n"
            },
            (
                "python3 -m venv /env/poetry && /env/poetry/bin/pip install poetry",
                "VIRTUAL_ENV=/env /env/poetry/bin/poetry install --no-interaction --with test",
            ),
        ),
    ],
)
def test_dependencies_come_from_wherever_the_project_lists_them(
    tmp_path: Path, files: dict[str, str], setup: tuple[str, ...]
) -> None:
    found = look(tmp_path, {**files, "a.py": "", "tests/test_a.py": TEST})
    assert found.environment.setup == ("python3 -m venv /env", *setup)
    assert found.environment.inputs


def test_a_foreign_name_in_a_list_stays_one_word_of_the_shell(tmp_path: Path) -> None:
    pyproject = "[project]\nname='a'\n[build-system]\n[project.optional-dependencies]\n"
    files = {"pyproject.toml": pyproject + "\"test; rm -rf /\" = ['pytest']\n", "a.py": ""}
    found = look(tmp_path, {**files, "tests/test_a.py": TEST})
    assert found.environment.setup[-1] == "/env/bin/pip install -e '.[test; rm -rf /]'"


def test_tox_and_nox_are_named_as_found_and_why_they_are_left_out(tmp_path: Path) -> None:
    found = look(tmp_path, {"a.py": "", "tox.ini": "[tox]\n", "noxfile.py": ""})
    assert [s.split(" ")[0] for s in found.missing if "is not proposed" in s] == ["tox", "nox"]


@pytest.mark.parametrize("text", ["[project", "[project]\ndependencies = 3\n"])
def test_a_broken_pyproject_is_a_sentence_not_an_end(tmp_path: Path, text: str) -> None:
    found = look(tmp_path, {"pyproject.toml": text, "a.py": "", "tests/test_a.py": TEST})
    assert found.missing[0].startswith("pyproject.toml ")
    assert "pytest" in commands(found)


# --- the others ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lock", "program", "install"),
    [
        ("package-lock.json", "npm", "npm ci --no-audit --no-fund"),
        ("pnpm-lock.yaml", "pnpm", "pnpm install --frozen-lockfile"),
        ("yarn.lock", "yarn", "yarn install --frozen-lockfile"),
    ],
)
def test_node_scripts_are_run_by_the_manager_that_the_lock_file_belongs_to(
    tmp_path: Path, lock: str, program: str, install: str
) -> None:
    scripts = {"lint": "eslint .", "test": "vitest", "type-check": "tsc", "build": "vite build"}
    package = {"scripts": scripts, "devDependencies": {"eslint": "9"}}
    found = look(tmp_path, {"package.json": json.dumps(package), lock: ""})
    assert commands(found) == {
        f"{program}-lint": f"{program} run lint",
        f"{program}-types": f"{program} run type-check",
        f"{program}-test": f"{program} run test",
        f"{program}-build": f"{program} run build",
    }
    assert "/env/node_modules" in found.environment.prepare[0]
    assert found.environment.setup == (f"{install} && mv node_modules /env/node_modules",)
    assert found.environment.inputs == ("package.json", lock)


def test_the_script_that_npm_invents_is_no_test(tmp_path: Path) -> None:
    scripts = {"test": 'echo "Error: no test specified" && exit 1', "lint": "eslint ."}
    found = look(tmp_path, {"package.json": json.dumps({"scripts": scripts})})
    assert commands(found) == {"npm-lint": "npm run lint"}
    assert "no tests found: package.json has no script `test`" in found.missing


def test_go_and_rust_get_their_own_tools_and_a_cache_in_the_environment(tmp_path: Path) -> None:
    go = look(
        tmp_path / "go",
        {"go.mod": "module a\nrequire b v1\n", "go.sum": "", "a.go": "", "a_test.go": ""},
    )
    assert list(commands(go)) == ["gofmt", "go-vet", "go-test"]
    assert go.environment.setup == ("go mod download",)
    assert ("GOMODCACHE", "/env/gomod") in go.environment.env
    rust = look(
        tmp_path / "rust",
        {"Cargo.toml": "", "Cargo.lock": "", "src/lib.rs": "#[test]\nfn works() {}\n"},
    )
    assert commands(rust) == {
        "rustfmt": "cargo fmt --all --check",
        "clippy": "cargo clippy --offline --locked --all-targets -- -D warnings",
        "cargo-test": "cargo test --offline --locked",
    }
    assert rust.environment.env == (("CARGO_HOME", "/env/cargo"),)


def test_a_go_or_rust_project_without_tests_gets_no_test_that_would_pass_of_itself(
    tmp_path: Path,
) -> None:
    files = {"go.mod": "", "a.go": "", "Cargo.toml": "", "Cargo.lock": "", "src/lib.rs": ""}
    found = look(tmp_path, files)
    assert not {"go-test", "cargo-test"} & set(commands(found))
    assert [s for s in found.missing if s.startswith("no tests found")] == [
        "no tests found: there is no *_test.go",
        "no tests found: no function is marked #[test]",
    ]


def test_a_plain_makefile_gives_its_targets(tmp_path: Path) -> None:
    makefile = ".PHONY: lint\nlint: a.c\n\tcc -Wall a.c\ncheck test: all\n\t./run\nclean:\n"
    found = look(tmp_path, {"Makefile": makefile, "a.c": ""})
    assert commands(found) == {
        "make-lint": "make lint",
        "make-check": "make check",
        "make-test": "make test",
    }


def test_a_variable_of_make_is_no_target(tmp_path: Path) -> None:
    found = look(tmp_path, {"Makefile": "test := 3\nlint ::= 4\ncheck = 5\n\ttest: x\n"})
    assert found.guardrails == ()


def test_make_targets_that_say_the_same_again_are_left_out(tmp_path: Path) -> None:
    makefile = "lint:\n\truff check\ntest:\n\tpytest\ncheck: lint test\n"
    found = look(tmp_path, {"Makefile": makefile, "a.py": "", "test_a.py": TEST})
    assert list(commands(found)) == ["ruff", "pytest"]


def test_a_tool_that_is_not_on_path_is_named_and_nothing_is_proposed_for_it(
    tmp_path: Path,
) -> None:
    files = {
        "go.mod": "",
        "Cargo.toml": "",
        "package.json": '{"scripts": {"test": "x"}}',
        "Makefile": "test:\n",
    }
    found = look(tmp_path, files, programs=lambda _name: None)
    assert found.guardrails == ()
    for program in ("go", "cargo", "npm", "make"):
        assert any(f"no {program} on PATH" in sentence for sentence in found.missing)
    assert any(sentence.startswith("nothing to check with") for sentence in found.missing)


@pytest.mark.parametrize(
    ("place", "toolchain", "path"),
    [
        ("/usr/bin/go", (), ()),
        ("/usr/local/go/bin/go", (), ("/usr/local/go/bin",)),
        ("/opt/go/bin/go", ("/opt/go",), ("/opt/go/bin",)),
        ("/home/me/sdk/go1.25/bin/go", ("~/sdk/go1.25",), ("~/sdk/go1.25/bin",)),
        ("/home/me/.local/bin/go", ("~/.local/bin",), ("~/.local/bin",)),
        ("/home/me/bin/go", ("~/bin",), ("~/bin",)),
        (f"{ROOTS_HOME}/bin/go", (f"{ROOTS_HOME}/bin",), (f"{ROOTS_HOME}/bin",)),
    ],
)
def test_a_tool_outside_the_system_folders_is_mounted_without_the_rest_of_the_home(
    tmp_path: Path, place: str, toolchain: tuple[str, ...], path: tuple[str, ...]
) -> None:
    found = look(tmp_path, {"go.mod": ""}, programs={"go": place}.get)
    assert found.environment.toolchain == toolchain
    assert found.environment.path == path


def test_rustups_cargo_is_reached_without_the_credentials_beside_it(tmp_path: Path) -> None:
    files = {"Cargo.toml": "", "Cargo.lock": ""}
    found = look(tmp_path, files, programs={"cargo": "/home/me/.cargo/bin/cargo"}.get)
    assert found.environment.toolchain == ("~/.cargo/bin", "~/.rustup")
    assert ("RUSTUP_HOME", "~/.rustup") in found.environment.env


def test_links_are_not_followed_out_of_the_tree(tmp_path: Path) -> None:
    secret = grow(tmp_path / "outside", {"pyproject.toml": "[tool.mypy]\n", "x.py": ""})
    root = grow(tmp_path / "tree", {"a.py": ""})
    (root / "pyproject.toml").symlink_to(secret / "pyproject.toml")
    (root / "more").symlink_to(secret)
    linked = propose(root, programs=TOOLS.get)
    assert "mypy" not in commands(linked)
    assert "mypy" in commands(propose(secret, programs=TOOLS.get))


# --- agents --------------------------------------------------------------------------------


def test_claude_on_path_becomes_a_preset_that_needs_no_key(tmp_path: Path) -> None:
    found = propose(
        grow(tmp_path, {"a.py": ""}),
        programs={"claude": "/home/me/.local/bin/claude"}.get,
        home="/home/me",
        exists={"~/.local/share/claude"}.__contains__,
    )
    (agent,) = found.agents
    assert agent == AgentSpec(name="claude-code", kind="command", preset="claude-code")
    assert found.environment.toolchain == (), "how its sandbox gets at it is found out at work"
    (read,) = parse(written(found)).agents
    assert read.run.startswith("claude -p")
    assert (read.network, read.subscription) == (True, True)


def test_a_key_comes_first_and_its_value_is_nowhere(tmp_path: Path) -> None:
    found = look(tmp_path, {"a.py": ""}, programs={"claude": "/usr/bin/claude"}.get)
    assert [agent.name for agent in found.agents] == ["claude", "claude-code"]
    assert found.agents[0] == AgentSpec(name="claude", kind="claude")


def test_without_any_agent_the_file_asks_for_the_key_and_that_is_said(tmp_path: Path) -> None:
    found = look(tmp_path, {"a.py": ""}, programs=lambda _name: None, keys=())
    assert [agent.kind for agent in found.agents] == ["claude"]
    assert any("ANTHROPIC_API_KEY" in sentence for sentence in found.missing)


# --- the text ------------------------------------------------------------------------------


def test_what_is_composed_is_read_back_as_it_was_proposed(tmp_path: Path) -> None:
    files = {"a.py": "", "tests/test_a.py": TEST, "go.mod": "", "a.go": "", "Makefile": "lint:\n"}
    found = look(tmp_path, files, programs={"claude": "/opt/c/bin/claude", "go": "/bin/go"}.get)
    config = parse(written(found, ruff=Compare.NO_WORSE))
    assert [(agent.name, agent.kind, agent.preset) for agent in config.agents] == [
        (agent.name, agent.kind, agent.preset) for agent in found.agents
    ]
    assert replace(config, agents=()) == Config(
        target="main",
        agent="claude-code" if found.agents[0].name == "claude-code" else "claude",
        guardrails=tuple(
            replace(spec, compare=Compare.NO_WORSE) if spec.name == "ruff" else spec
            for spec in found.guardrails
        ),
        environment=found.environment,
        task_budget=Budget(usd=2.5, minutes=45),
        day_budget=Budget(usd=20, tokens=3_000_000),
        protected=PROTECTED,
        folded=FOLDED,
    )


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^# (?=\[|(?:name|run|version|kind|script) = )", "", text)


def test_a_check_that_is_red_and_cannot_be_compared_is_written_as_a_comment(
    tmp_path: Path,
) -> None:
    files = {"a.py": "", "tests/test_a.py": TEST, "pyproject.toml": "[tool.black]\n[tool.mypy]\n"}
    found = look(tmp_path, files)
    text = written(found, red=("mypy",), black=Compare.NO_WORSE)
    assert [spec.name for spec in parse(text).guardrails] == ["ruff", "pytest"]
    whole = parse(uncommented(text))
    assert [spec.name for spec in whole.guardrails] == list(commands(found))


def test_every_file_shows_how_scripts_become_an_agent(tmp_path: Path) -> None:
    text = written(look(tmp_path, {"a.py": ""}))
    assert [agent.name for agent in parse(text).agents] == ["claude"]
    assert parse(uncommented(text)).agents[-1].script


def test_a_formatter_that_is_red_on_the_base_does_not_mend_all_of_it_in_the_first_change(
    tmp_path: Path,
) -> None:
    fixed = GuardrailSpec(name="format", run="x", kind="ruff", fix="ruff format .")
    found = replace(look(tmp_path, {"a.py": ""}), guardrails=(fixed,))
    (strict,) = parse(written(found)).guardrails
    (red,) = parse(written(found, format=Compare.NO_WORSE)).guardrails
    assert (strict.fix, red.fix) == ("ruff format .", "")


def test_what_is_missing_stands_at_the_top_as_comments(tmp_path: Path) -> None:
    found = replace(look(tmp_path, {"a.py": ""}), missing=("evil\n[budget]\x1b[31m",))
    text = written(found)
    assert "# - evil�[budget]�[31m\n" in text
    assert parse(text).task_budget == Budget(usd=2.5, minutes=45)


def test_a_proposal_without_guardrails_is_a_text_that_says_so_and_is_refused(
    tmp_path: Path,
) -> None:
    found = look(tmp_path, {"notes.txt": ""})
    assert found.guardrails == ()
    text = written(found)
    assert "# No checks is never a pass" in text
    with pytest.raises(ConfigError, match="no checks is never a pass"):
        parse(text)


# --- whatever stands in the files ----------------------------------------------------------

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
_COMMAND = _TEXT.filter(str.strip)


@settings(deadline=None)
@given(
    run=_COMMAND, fix=_COMMAND, setup=st.lists(_COMMAND, max_size=3), value=_TEXT,
    timeout=st.floats(0.001, 1e9), missing=st.lists(st.text(), max_size=2),
)  # fmt: skip
def test_any_command_survives_being_written_and_read(
    run: str, fix: str, setup: list[str], value: str, timeout: float, missing: list[str]
) -> None:
    proposal = Proposal(
        guardrails=(GuardrailSpec(name="a.b", run=run, fix=fix, timeout=timeout),),
        environment=EnvironmentSpec(setup=tuple(setup), env=(("A", value),)),
        agents=(AgentSpec(name="x.y", kind="command", run=run),),
        missing=tuple(missing),
    )
    config = parse(written(proposal))
    assert config.guardrails == proposal.guardrails
    assert config.environment == proposal.environment
    assert config.agents == tuple(replace(agent, model="") for agent in proposal.agents)


_FRAGMENTS = st.lists(
    st.sampled_from(
        ["[project]\n", "dependencies = [", "'a'", "]\n", "[tool.poetry]\n", "group = 3\n", "{",
         '"scripts": ', '{"test": 1}', "}", "[dependency-groups]\n", "a = [{include-group='a'}]\n",
         "[options.extras_require]\n", "%(x)s = 1\n", "test:\n", "\0", "é", "require (\n", "-r x\n"]
    ),
    max_size=8,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(fragments=_FRAGMENTS)
def test_no_content_of_a_projects_files_makes_the_look_fail(fragments: list[str]) -> None:
    names = (
        "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "Makefile", "setup.cfg",
        "tox.ini", "requirements-test.txt",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as root:
        files = dict.fromkeys(names, "".join(fragments)) | {"a.py": "", "test_a.py": ""}
        found = look(Path(root), files)
    assert parse(written(found)).guardrails


# --- several projects in one repository ----------------------------------------------------

UV_PROJECT = "[project]\nname = 'api'\ndependencies = ['httpx']\n"
NPM_PROJECT = json.dumps({"scripts": {"test": "node --test"}, "dependencies": {"ms": "2"}})


def test_folders_with_lock_files_of_their_own_are_set_up_and_checked_in_place(
    tmp_path: Path,
) -> None:
    found = look(
        tmp_path,
        {
            "README.md": "",
            "shared/schema.json": "{}",
            "api/pyproject.toml": UV_PROJECT,
            "api/uv.lock": "",
            "api/app.py": "",
            "api/tests/test_app.py": TEST,
            "web/package.json": NPM_PROJECT,
            "web/package-lock.json": "{}",
            "web/tests/fixtures/package-lock.json": "{}",
        },
    )
    assert commands(found) == {
        "api-ruff": "cd api && ruff check .",
        "api-pytest": "cd api && python -m pytest",
        "web-npm-test": "cd web && npm run test",
    }
    elsewhere = ("factory.toml", "README.md", "shared/**")
    assert [set(spec.when) for spec in found.guardrails] == [
        {"api/**", *elsewhere}, {"api/**", *elsewhere}, {"web/**", *elsewhere},
    ]  # fmt: skip
    spec = found.environment
    assert set(spec.inputs) == {
        "api/pyproject.toml", "api/uv.lock", "web/package.json", "web/package-lock.json",
    }  # fmt: skip
    assert spec.path == ("/env/api/bin",)
    assert "cd api && python3 -m venv /env/api" in spec.setup
    assert spec.setup[-2:] == (
        "mkdir -p /env/web",
        "cd web && npm ci --no-audit --no-fund && mv node_modules /env/web/node_modules",
    )
    assert spec.prepare[0].startswith("(cd web && mkdir -p node_modules && ln -sfn /env/web/node")
    assert parse(written(found)).environment == spec


def test_two_python_projects_are_checked_each_in_its_own_environment(tmp_path: Path) -> None:
    one = {"pyproject.toml": UV_PROJECT, "uv.lock": "", "app.py": "", "test_app.py": TEST}
    files = {f"{folder}/{name}": text for folder in ("api", "jobs") for name, text in one.items()}
    run = commands(look(tmp_path, files))
    assert run["jobs-pytest"] == 'cd jobs && PATH="/env/jobs/bin:$PATH" && python -m pytest'
    assert run["api-pytest"] == 'cd api && PATH="/env/api/bin:$PATH" && python -m pytest'


def test_a_lock_file_in_the_root_alone_makes_one_project(tmp_path: Path) -> None:
    files = {"package.json": NPM_PROJECT, "package-lock.json": "{}", "packages/a/package.json": ""}
    assert list(commands(look(tmp_path, files))) == ["npm-test"]
