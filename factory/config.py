"""factory.toml as data. It is read from the target's tip; no agent's copy of it ever counts."""

from __future__ import annotations

from enum import StrEnum

from factory.model import Budget, Struct

FILE = "factory.toml"
OFFICIAL = "https://api.anthropic.com"
"""Where our own loop asks, if nothing else is said."""
AGENT_KINDS = ("claude", "acp", "command", "replay")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
"""How much a model of Anthropic's can be told to think."""
OUTPUTS = (
    "text", "events", "claude-stream-json", "codex-json", "gemini-stream-json",
    "qwen-stream-json", "opencode-json",
)  # fmt: skip
GUARDRAIL_KINDS = ("command", "pytest", "ruff")

PROTECTED = (
    # what decides whether a change passes
    FILE,
    ".worktreeinclude",
    "tests/",
    "test/",
    "__tests__/",
    "__snapshots__/",
    "testdata/",
    "spec/**",
    "test_*.py",
    "*_test.*",
    "*.test.*",
    "*.spec.*",
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "tox.ini",
    "noxfile.py",
    ".coveragerc",
    "pyproject.toml",
    "setup.cfg",
    "ruff.toml",
    ".ruff.toml",
    "mypy.ini",
    ".mypy.ini",
    "pyrightconfig.json",
    ".flake8",
    ".pylintrc",
    "package.json",
    "tsconfig*.json",
    ".eslintrc*",
    "eslint.config.*",
    ".prettierrc*",
    "prettier.config.*",
    "biome.json",
    "jest.config.*",
    "vitest.config.*",
    "vite.config.*",
    ".golangci.*",
    "rustfmt.toml",
    ".rustfmt.toml",
    "clippy.toml",
    ".clippy.toml",
    ".cargo/",
    "rust-toolchain*",
    "Makefile",
    "GNUmakefile",
    "*.mk",
    "justfile",
    "Taskfile.y*ml",
    # what runs by itself, before any check
    "setup.py",
    "sitecustomize.py",
    "usercustomize.py",
    "*.pth",
    "*.pyc",
    "*.egg-info/",
    "*.dist-info/",
    "build.rs",
    # what says to git, to CI and to hooks what to do
    ".gitattributes",
    ".gitignore",
    ".gitmodules",
    ".lfsconfig",
    ".pre-commit-config.yaml",
    ".husky/",
    "lefthook.y*ml",
    ".github/",
    ".gitlab-ci.yml",
    ".circleci/",
    ".buildkite/",
    "Jenkinsfile",
    "azure-pipelines.yml",
    ".ci/",
    # what agents and editors obey
    "AGENTS.md",
    "CLAUDE.md",
    "CLAUDE.local.md",
    "GEMINI.md",
    "QWEN.md",
    ".claude/",
    ".codex/",
    ".cursor/",
    ".cursorrules",
    ".gemini/",
    ".opencode/",
    ".windsurfrules",
    ".clinerules",
    ".mcp.json",
    ".aider*",
    ".vscode/",
    ".idea/",
    ".devcontainer/",
    ".envrc",
    ".env",
    ".tool-versions",
    "mise.toml",
)
"""Protected in every repository; `protected` in the file adds to it, `!glob` takes one away."""

FOLDED = (
    "*.lock",
    "*.lockb",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "go.sum",
    "go.work.sum",
    "vendor/",
    "third_party/",
    "node_modules/",
    "*.min.js",
    "*.min.css",
    "*.map",
    "*.snap",
    "*_pb2.py",
    "*_pb2.pyi",
    "*_pb2_grpc.py",
    "*.pb.go",
    "*.generated.*",
    "*.g.dart",
)
"""Folded in every review; `folded` in the file adds to it, `!glob` takes one away."""


class Compare(StrEnum):
    """What a guardrail's failures are held against."""

    STRICT = "strict"
    NO_WORSE = "no-worse"


class GuardrailSpec(Struct):
    """One `[[guardrail]]`."""

    name: str
    run: str
    """A shell command, run in the root of the tree."""
    kind: str = "command"
    """`command` (exit code), `pytest` (JUnit ids, progress), `ruff` (JSON ids)."""
    compare: Compare = Compare.STRICT
    timeout: float = 600.0
    """Seconds after which it is an `error`."""
    when: tuple[str, ...] = ()
    """Globs: it runs only where the change touches one of them. Empty: always."""
    fix: str = ""
    """A shell command the engine runs in the worktree, in the sandbox, before checking."""
    version: str = ""
    """A shell command that prints the tool's version, part of the evidence."""
    services: tuple[str, ...] = ()
    """Names of the services that run beside it."""


class Role(Struct):
    """`[agents.<name>.planner]` or `.reviewer`: what it has of its own, and else the agent's."""

    model: str = ""
    effort: str = ""


class AgentSpec(Struct):
    """One `[agents.<name>]`."""

    name: str
    kind: str
    """`claude`, `acp`, `command` or `replay`."""
    preset: str = ""
    """`acp`, `command`: the known program that it is, by its name in `factory.presets`; all that
    this does not say was taken from there."""
    model: str = "claude-sonnet-5-5"
    effort: str = ""
    """How much the model thinks; empty for its own measure."""
    planner: Role | None = None
    """`claude`: who writes a plan before an attempt; None for nobody."""
    reviewer: Role | None = None
    """`claude`: who looks at each handoff, and adds claims of its own to it."""
    endpoint: str = ""
    """`claude`: the service that it asks, by its name in `factory.endpoints`; all that this does
    not say was taken from there."""
    region: str = ""
    """`claude`: the cloud's region; empty for the one that its own settings name."""
    project: str = ""
    """`claude`: the project at Google; empty as above."""
    base_url: str = ""
    key_env: str = "ANTHROPIC_API_KEY"
    """Name of the variable, read at the engine's start, that holds the API key."""
    context: int = 0
    """Tokens that the model takes in; 0 for what the price table or the endpoint says."""
    max_tokens: int = 16_000
    """Most output tokens of one turn."""
    turns: int = 200
    """Most turns of one round of work."""
    patience: float = 540.0
    """Seconds without a word of an answer, after which a request is taken for stuck."""
    instructions: str = ""
    """Added to the system prompt."""
    run: str = ""
    """`acp`, `command`: the shell command; for a `command`, `$FACTORY_PROMPT_FILE` and
    `$FACTORY_TASK` are set."""
    output: str = "text"
    """`command`: one of `OUTPUTS`."""
    permissions: str = "allow"
    """`acp`: `allow` what the program asks leave for, since the sandbox holds, or `ask` the
    developer."""
    early: str = ""
    """`command`: a shell command that the program runs, by its stop hook, before it may stop."""
    script: bool = False
    """`command`: what it is told is a program, not words. It gets the newest alone, and it is not
    started again with what guardrails found, since it would do the same again."""
    network: bool = False
    """`acp`, `command`: whether it may reach the network (a foreign agent program must)."""
    hosts: tuple[str, ...] = ()
    """`acp`, `command`: the hosts it may reach instead of the whole network, as `factory.hosts`
    reads them; each contact is recorded."""
    login: tuple[str, ...] = ()
    """`acp`, `command`: files and folders of the developer's home it may read and write, such as
    `~/.claude`."""
    config: tuple[str, ...] = ()
    """`acp`, `command`: folders of the home that each attempt has of its own, empty at first."""
    seeds: tuple[str, ...] = ()
    """`acp`, `command`: files of the home that are copied into those folders at first."""
    env: tuple[str, ...] = ()
    """`acp`, `command`: names of variables handed through."""
    variables: tuple[tuple[str, str], ...] = ()
    """`acp`, `command`: variables set for it."""
    subscription: bool = False
    """Cost is shown as tokens."""
    recording: str = ""
    """`replay`: path of the recording; empty for the demo's."""


class ServiceSpec(Struct):
    """One `[[service]]`: a program that runs beside others in their sandbox, and ends with them."""

    name: str
    run: str
    """A shell command, run in the root of the tree; it sees its own port as `$PORT`."""
    port: int | None = None
    """Which port of the attempt's block is its own, counted from 0."""
    ready: str = ""
    """A shell command that ends with 0 once it can be used; empty: once its port answers."""
    timeout: float = 30.0
    """Seconds after which what is not ready never will be."""
    agents: bool = True
    """Whether it runs beside the agent's commands; beside a guardrail where that names it."""


class EnvironmentSpec(Struct):
    """`[environment]`: how the tools and dependencies of the project get into the sandbox."""

    setup: tuple[str, ...] = ()
    """Shell commands, run once per state of `inputs`, with the network; they write to /env."""
    inputs: tuple[str, ...] = ()
    """Globs of the files (lock files) that the environment is keyed by and made from."""
    toolchain: tuple[str, ...] = ()
    """Further folders of the machine, absolute or `~/…`, mounted read-only at their own path."""
    path: tuple[str, ...] = ()
    """Folders put in front of PATH inside the sandbox; /env/bin always is."""
    env: tuple[tuple[str, str], ...] = ()
    """Variables set inside the sandbox."""
    prepare: tuple[str, ...] = ()
    """Shell commands, run in a worktree before its agent and in a checkout before its check."""
    teardown: tuple[str, ...] = ()
    """Shell commands, run in an attempt's sandbox once it is over and its files are kept."""
    ports: int = 10
    """How many ports each attempt has for itself."""
    submodules: bool = False
    """Whether the base's submodules are checked out, from the developer's own repository."""
    services: tuple[ServiceSpec, ...] = ()
    """The `[[service]]` tables."""


class StandingAccept(Struct):
    """`[standing_accept]`: what a task with accept = "when-green" may land by itself."""

    paths: tuple[str, ...] = ()
    """Globs that every changed file must match; empty: any."""
    max_lines: int = 200
    """Most lines added and removed together."""
    until: float | None = None


class Config(Struct):
    """The whole of factory.toml, every value checked."""

    target: str = ""
    """The branch that changes land on; empty for the usual one, `main` or else `master`."""
    agent: str = ""
    """Name of the default agent."""
    agents: tuple[AgentSpec, ...] = ()
    guardrails: tuple[GuardrailSpec, ...] = ()
    environment: EnvironmentSpec = EnvironmentSpec()
    standing_accept: StandingAccept = StandingAccept()
    agents_at_once: int = 4
    checks_at_once: int = 2
    waiting_at_most: int = 6
    """How many items may wait for a person before no new task starts; 0 for no limit."""
    in_order: bool = False
    """True runs a gate's guardrails one after the other and stops at the first red one."""
    rounds: int = 3
    task_budget: Budget = Budget()
    day_budget: Budget = Budget()
    protected: tuple[str, ...] = ()
    """Globs of tests, guardrail configuration, agent instructions and CI."""
    critical: tuple[str, ...] = ()
    """Globs that always need a person."""
    folded: tuple[str, ...] = ()
    """Globs of generated, vendored and lock files."""

    def agent_named(self, name: str) -> AgentSpec | None:
        """The agent of that name, if factory.toml has one."""
        return next((spec for spec in self.agents if spec.name == name), None)
