from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.config import (
    FOLDED,
    PROTECTED,
    AgentSpec,
    Compare,
    Config,
    EnvironmentSpec,
    GuardrailSpec,
    ServiceSpec,
    StandingAccept,
)
from factory.configfile import parse
from factory.globs import matches
from factory.model import Budget, ConfigError
from factory.presets import CODEX

REFERENCE = Path(__file__).parent.parent / "docs" / "factory-toml.md"
EXAMPLE = re.findall(r"```toml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)[0]
SMALL = """
[agents.claude]
kind = "claude"

[[guardrail]]
name = "tests"
run = "pytest"
"""

PROGRAM = "kind = 'command'\nrun = 'a'\n"


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value.problems


def problem_of(text: str) -> str:
    (only,) = problems_of(text)
    return only


def test_the_smallest_file_needs_one_agent_and_one_guardrail() -> None:
    config = parse(SMALL)
    assert config == Config(
        agent="claude",
        agents=(AgentSpec(name="claude", kind="claude"),),
        guardrails=(GuardrailSpec(name="tests", run="pytest"),),
        protected=PROTECTED,
        folded=FOLDED,
    )


def test_the_example_of_the_reference_page_is_read_to_the_last_key() -> None:
    config = parse(EXAMPLE)
    assert (config.target, config.agent, config.rounds) == ("main", "claude", 3)
    assert (config.agents_at_once, config.checks_at_once, config.in_order) == (4, 2, False)
    assert config.task_budget == Budget(usd=5.0, tokens=2_000_000, minutes=60)
    assert config.day_budget == Budget(usd=20.0, tokens=10_000_000, minutes=600)
    assert config.critical == ("src/billing/**",)
    assert config.environment == EnvironmentSpec(
        setup=("python3 -m venv /env", "/env/bin/pip install -r requirements.txt"),
        inputs=("requirements.txt",),
        toolchain=("~/.rustup",),
        path=("~/.cargo/bin",),
        env=(("TZ", "UTC"),),
        prepare=("python3 manage.py migrate",),
        teardown=("rm -rf /tmp/data",),
        submodules=True,
        lfs=True,
        services=(
            ServiceSpec(
                name="db",
                run="postgres -D /tmp/data -p $PORT",
                port=0,
                ready="pg_isready -p $PORT",
            ),
        ),
    )
    assert config.standing_accept == StandingAccept(
        paths=("docs/**",),
        max_lines=120,
        until=datetime(2027, 1, 31, 8, tzinfo=UTC).timestamp(),
    )
    foreign = config.agent_named("claude-code")
    assert foreign is not None
    assert foreign.login == ("~/.claude/.credentials.json",)
    assert foreign.network
    assert foreign.hosts == ("api.anthropic.com", "*.claude.ai", "127.0.0.1:8080")
    assert foreign.subscription
    assert config.guardrails[0].compare is Compare.NO_WORSE
    assert config.guardrails[2] == GuardrailSpec(
        name="tests", run="pytest", kind="pytest", timeout=1800.0, services=("db",)
    )


@pytest.mark.parametrize(
    "struct", [AgentSpec, GuardrailSpec, EnvironmentSpec, ServiceSpec, StandingAccept]
)
def test_the_reference_page_names_every_key_there_is(struct: type[AgentSpec]) -> None:
    page = REFERENCE.read_text(encoding="utf-8")
    tables = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) | {"name"}
    assert set(struct.__struct_fields__) <= tables
    assert all(re.search(rf"\b{key} = ", EXAMPLE) for key in struct.__struct_fields__)


def test_all_mistakes_are_named_at_once_and_in_words() -> None:
    text = """
targt = "main"
rounds = -1
[budget]
task_usd = -4
[agents.claude]
kind = "claude"
modle = "x"
[[guardrail]]
name = "tests"
run = ""
[[guardrail]]
name = "types"
run = "mypy"
timeout = "ten"
"""
    assert set(problems_of(text)) == {
        "targt: there is no such key; did you mean target?",
        "rounds: expected rounds as a whole number from 0 to 100, found -1",
        "budget.task_usd: expected dollars as a positive number, found -4; leave it out for no cap",
        "agents.claude.modle: there is no such key; did you mean model?",
        'guardrail[1].run: expected a shell command, found ""',
        'guardrail[2].timeout: expected seconds as a positive number, found "ten"',
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("target = \n", "line 1: not valid TOML: invalid value"),
        ("\n\nrounds 3\n", "line 3: not valid TOML: expected '=' after a key"),
        ("rounds = 1\nrounds = 2\n", "line 2: a key is written for the second time"),
        ("[agents.a]\n[agents.a]\n", "line 2: agents.a is declared twice"),
        ("[[guardrail]]\nname = 'te", "line 2: not valid TOML: expected"),
        ("rounds = " + "9" * 5000, "line 1: not valid TOML: a number in it is too long"),
        ("rounds = " + "[" * 5000, "line 1: arrays or tables are nested too deeply"),
        ("rounds = 1\n# caf\udce9\n", "line 2: expected UTF-8 text"),
    ],
)
def test_what_is_not_toml_is_one_sentence_with_its_line(text: str, sentence: str) -> None:
    assert problem_of(text).startswith(sentence)


def test_a_file_without_guardrails_is_an_error_because_no_checks_is_never_a_pass() -> None:
    agents = SMALL.split("[[guardrail]]")[0]
    assert problem_of(agents) == (
        "guardrail: expected at least one [[guardrail]]: no checks is never a pass"
    )
    assert problem_of("guardrail = []\n" + agents) == problem_of(agents)


def test_a_file_without_agents_is_an_error() -> None:
    assert problem_of("[[guardrail]]\nname = 'a'\nrun = 'b'").startswith("agents: expected")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("target = 'refs/heads/main'", "target: expected the name of a branch"),
        ("target = '--upload-pack=x'", "target: expected the name of a branch"),
        ("target = 'a..b'", "target: expected the name of a branch"),
        ("agent = 'cloude'", 'agent: expected one of claude, found "cloude"; did you mean'),
        ("agents_at_once = 0", "agents_at_once: expected agents as a whole number from 1 to 64"),
        ("agents_at_once = true", "agents_at_once: expected agents as a whole number"),
        ("checks_at_once = 1.5", "checks_at_once: expected checks as a whole number"),
        ("in_order = 'yes'", "in_order: expected true or false"),
        ("critical = '*.py'", "critical: expected a list"),
        ("critical = ['/etc/*']", "critical[1]: expected a glob relative to the repository"),
        ("critical = ['a', '../b']", "critical[2]: expected a glob relative to the repository"),
        ("critical = ['!a']", "critical[1]: expected a glob relative to the repository"),
        ("critical = [3]", "critical[1]: expected a glob relative to the repository"),
        ("protected = ['!nothing.toml']", "protected[1]: expected after ! one of the built-in"),
        ("protected = ['!factory.toml']", "protected[1]: expected after ! one of the built-in"),
        ("budget = { day_tokens = -1 }", "budget.day_tokens: expected tokens as a whole number"),
        ("budget = { day_minutes = nan }", "budget.day_minutes: expected minutes as a positive"),
        ("budget = { day_usd = inf }", "budget.day_usd: expected dollars as a positive"),
        ("budget = { rounds = 3 }", "budget.rounds: there is no such key; rounds stands at the"),
        ("budget = 3", "budget: expected a table, found 3"),
        ("environment = { path = ['bin'] }", "environment.path[1]: expected a folder"),
        ("environment = { toolchain = ['~'] }", "environment.toolchain[1]: expected a folder"),
        ("environment = { toolchain = ['/home/me/'] }", "environment.toolchain[1]: expected a f"),
        ("environment = { toolchain = ['~/a/..'] }", "environment.toolchain[1]: expected a fol"),
        ('environment = { setup = ["a\\u0000"] }', "environment.setup[1]: expected a shell"),
        ("environment = { env = { PATH = '/x' } }", "environment.env.PATH: expected the name of"),
        ("environment = { env = { A = 1 } }", "environment.env.A: expected text, found 1"),
        ("environment = { ports = 101 }", "environment.ports: expected ports as a whole number fr"),
        ("service = 3", "service: expected [[service]] in double brackets"),
        ("service = [{ name = 'a-b', run = 'x' }]", "service[1].name: expected a name of up to 20"),
        ("service = [{ name = 'a' }]", "service[1].run: expected a shell command, but it is mi"),
        ("service = [{ name = 'a', run = 'x', port = 10 }]", "service[1].port: expected a num"),
        ("service = [{ name = 'a', run = 'x', prot = 1 }]", "service[1].prot: there is no su"),
        ("standing_accept = { until = 2027-01-01 }", "standing_accept.until: expected a date"),
        ("standing_accept = { until = 2027-01-01T00:00:00 }", "standing_accept.until: expected"),
        ("standing_accept = { max_lines = 0 }", "standing_accept.max_lines: expected lines"),
        ("guardrails = []", "guardrails: there is no such key; did you mean guardrail?"),
        ('"a\\u001b[31m" = 1', r'"a\u001b[31m": there is no such key'),
    ],
)
def test_a_value_that_will_not_do_is_named_with_what_was_expected(line: str, problem: str) -> None:
    assert problem in problem_of(line + "\n" + SMALL)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("kind = 'ape'", "agents.x.kind: expected one of claude, acp, command, replay, found"),
        (
            "model = 'm'",
            "agents.x.kind: expected one of claude, acp, command, replay, but it is mis",
        ),
        ("kind = 'command'\nrun = 'a'\nturns = 3", "agents.x.turns: only agents of kind claude"),
        ("kind = 'claude'\nrun = 'a'", "agents.x.run: only agents of kind acp or command have it"),
        ("kind = 'claude'\nbase_url = 'api'", "agents.x.base_url: expected an address"),
        ("kind = 'claude'\nkey_env = 'sk-1'", "agents.x.key_env: expected the name of a varia"),
        ("kind = 'command'\nrun = 'a'\nlogin = ['~/']", "agents.x.login[1]: expected a folder"),
        ("kind = 'claude'\nhosts = ['a.b']", "agents.x.hosts: only agents of kind acp or command"),
        (PROGRAM + "hosts = ['https://a.b/c']", "expected a host such as api.example.com, *.exam"),
        (PROGRAM + "hosts = ['https://a.b/c']", "; write the host alone, without https:// and pa"),
        (PROGRAM + "hosts = ['a', '10.0.0.1']", "agents.x.hosts[2]: expected a host"),
        (PROGRAM + "hosts = ['localhost']", "; an address that is not public needs its port"),
        (PROGRAM + "hosts = ['127.0.0.1:80']", "; a port of this machine's own is 1024 or higher"),
        (PROGRAM + "hosts = ['a..b']", "agents.x.hosts[1]: expected a host"),
        (PROGRAM + "hosts = []", "agents.x.hosts: expected at least one host"),
        (PROGRAM + "hosts = ['a']\nnetwork = false", "agents.x.network: hosts grants a network"),
        ("kind = 'command'\nrun = 'a'\noutput = 'json'", "agents.x.output: expected one of"),
    ],
)
def test_an_agent_that_could_not_work_is_refused(lines: str, problem: str) -> None:
    assert problem in problem_of("agent = 'claude'\n" + SMALL + "[agents.x]\n" + lines)


def test_a_kind_without_ids_cannot_be_held_against_the_target() -> None:
    assert problem_of(SMALL + "compare = 'no-worse'").startswith("guardrail[1].compare: no-worse")
    assert parse(SMALL + "compare = 'no-worse'\nkind = 'pytest'").guardrails


def test_agents_and_guardrails_have_names_of_their_own_in_any_spelling() -> None:
    agents = "agent = 'claude'\n" + SMALL + "[agents.Claude]\nkind = 'claude'"
    assert problem_of(agents) == 'agents: "claude" and "Claude" differ in capitals only'
    guardrails = SMALL + "[[guardrail]]\nname = 'Tests'\nrun = 'tox'"
    assert problem_of(guardrails) == (
        "guardrail[2].name: expected a name of its own, but guardrail[1] has it too"
    )
    assert 'found "../x"' in problem_of(SMALL.replace("tests", "../x"))
    assert 'found "a b"' in problems_of(SMALL.replace("[agents.claude]", '[agents."a b"]'))[0]


def test_with_several_agents_the_file_says_which_is_the_default() -> None:
    two = SMALL + "[agents.other]\nkind = 'claude'"
    assert problem_of(two) == "agent: expected one of claude, other, but it is missing"
    assert parse("agent = 'other'\n" + two).agent == "other"


def test_protected_and_folded_add_to_the_built_in_globs_or_take_one_away() -> None:
    config = parse("protected = ['schema/**', '!Makefile']\nfolded = ['*.py', '!*.lock']" + SMALL)
    assert "schema/**" in config.protected
    assert "Makefile" not in config.protected
    assert set(PROTECTED) - set(config.protected) == {"Makefile"}
    assert set(config.folded) == {*FOLDED, "*.py"} - {"*.lock"}


@pytest.mark.parametrize(
    "path",
    [
        "factory.toml", "tests/test_a.py", "pkg/tests/data/x.json", "pkg/test_a.py", "a_test.go",
        "src/conftest.py", "src/a.spec.ts", "pyproject.toml", "sub/ruff.toml", "setup.cfg",
        ".github/workflows/ci.yml", ".pre-commit-config.yaml", "CLAUDE.md", "sub/AGENTS.md",
        ".claude/settings.json", ".cursor/rules/x.mdc", ".mcp.json", ".gitattributes",
        "sub/.gitattributes", ".vscode/settings.json", "Makefile", "x.pth", "package.json",
    ],
)  # fmt: skip
def test_what_decides_whether_a_change_passes_is_protected_without_asking(path: str) -> None:
    assert matches(path, parse(SMALL).protected)


@pytest.mark.parametrize(
    "path", ["src/auth.py", "README.md", "src/contest.py", "src/testimony.py", "latest/a.py"]
)
def test_what_a_task_is_about_is_not_protected(path: str) -> None:
    assert not matches(path, parse(SMALL).protected)


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake() -> None:
    assert parse("\ufeff" + SMALL.replace("\n", "\r\n")) == parse(SMALL)


# --- whatever the text is ------------------------------------------------------------------

_NOISE = st.text(alphabet="[]{}=\"'#.,\n\\ \t!-_0123456789abezT:\0\ud800é☃", max_size=60)
_VALUES = st.sampled_from(
    ["-1", "0", "1e400", "nan", "0x" + "f" * 4000, "9" * 4000, '""', "'''", "[[]]", "{}", "true",
     "1979-05-27T00:32:00-07:00", "0001-01-01T00:00:00+23:59", "07:32:00", '"\\u0000"', "{a=[{}]}"]
)  # fmt: skip


def only_config_errors(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse(text)


@settings(deadline=None)
@given(st.one_of(st.text(), _NOISE))
def test_no_text_makes_the_reader_fail_in_another_way(text: str) -> None:
    only_config_errors(text)


@settings(deadline=None)
@given(st.data())
def test_no_damage_to_a_valid_file_makes_the_reader_fail_in_another_way(
    data: st.DataObject,
) -> None:
    text = data.draw(st.sampled_from([EXAMPLE, SMALL]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    only_config_errors(text[:start] + data.draw(_NOISE) + text[end:])


@settings(deadline=None)
@given(st.data())
def test_no_value_in_a_valid_place_makes_the_reader_fail_in_another_way(
    data: st.DataObject,
) -> None:
    lines = EXAMPLE.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = re.sub(r"=.*", "= " + data.draw(_VALUES).replace("\\", r"\\"), lines[at], count=1)
    only_config_errors("\n".join(lines))


@settings(deadline=None)
@given(_NOISE, st.text(max_size=20))
def test_no_glob_that_is_let_in_makes_the_matcher_fail(glob: str, path: str) -> None:
    quoted = "critical = ['''" + glob + "''']\n"
    try:
        config = parse(quoted + SMALL)
    except ConfigError:
        return
    matches(path, config.critical)


@pytest.mark.parametrize(
    ("own", "hosts"),
    [
        ("", CODEX.hosts),
        ("network = true", ()),
        ("network = false", ()),
        ("hosts = ['pypi.org']", (*CODEX.hosts, "pypi.org")),
        ("base_url = 'http://127.0.0.1:8099/v1'", ("127.0.0.1:8099",)),
        ("base_url = 'https://me@[fd00::1]/'\nhosts = ['a.b']", ("[fd00::1]:443", "a.b")),
        ("base_url = 'http://127.0.0.1:8099'\nnetwork = true", ()),
    ],
)
def test_a_program_that_is_known_reaches_what_it_needs_unless_the_file_says_otherwise(
    own: str, hosts: tuple[str, ...]
) -> None:
    text = f'agent = "claude"\n[agents.codex]\nkind = "acp"\npreset = "codex"\n{own}\n{SMALL}'
    spec = parse(text).agent_named("codex")
    assert spec is not None
    assert spec.hosts == hosts


def test_a_preset_says_what_the_file_does_not_and_lists_are_added_to_it() -> None:
    own = 'env = ["MINE"]\nbase_url = "http://127.0.0.1:1"\nsubscription = false'
    text = f'agent = "claude"\n[agents.codex]\nkind = "acp"\npreset = "codex"\n{own}\n{SMALL}'
    spec = parse(text).agent_named("codex")
    assert spec is not None
    assert (spec.run, spec.network, spec.subscription, spec.model) == ("codex-acp", True, False, "")
    assert (spec.config, spec.login) == (("~/.codex",), ("~/.codex/auth.json",))
    assert spec.env == (*CODEX.handed, "MINE")
    assert spec.variables[-1] == ("CODEX_CONFIG", '{"openai_base_url": "http://127.0.0.1:1"}')
    problems = problems_of(text.replace('preset = "codex"', 'preset = "codx"'))
    assert "agents.codex.preset: expected one of claude-code, codex" in problems[0]
