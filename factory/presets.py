"""The agent programs that we know: how each is run, installed, signed in and kept apart. Pure data.

What an agent in factory.toml does not say, its preset says. A program has up to two forms: run
headless to its end (`command`), or spoken with over the Agent Client Protocol (`acp`). In a `run`,
FACTORY_MODEL and FACTORY_EFFORT are the agent's `model` and `effort`, empty where it names none;
FACTORY_EARLY is a settings file with its early gate.
"""

from __future__ import annotations

from enum import StrEnum

from factory.model import Struct


class Supports(StrEnum):
    """What a form of a program can do besides working."""

    RESUME = "resume"
    STEER = "steering between tool calls"
    PLAN = "plan"
    COST = "cost"
    TOKENS = "tokens"
    PERMISSIONS = "permissions"
    DIFFS = "diffs"


class Form(Struct):
    """One way to run a program."""

    kind: str
    """`acp` or `command`."""
    program: str
    """Its name on PATH."""
    run: str
    """The shell command."""
    install: str
    """The one command that installs it."""
    package: str = ""
    """The npm package, with its version, that is fetched where the program is not on PATH."""
    output: str = "text"
    supports: tuple[Supports, ...] = ()
    node: int = 0
    """The first Node.js that it runs on; 0 for a program that needs none."""


class Preset(Struct):
    """One agent program."""

    name: str
    title: str
    """As its makers call it."""
    provider: str
    """Whose limits it runs into: all agents of one provider and account share a breaker."""
    forms: tuple[Form, ...]
    config: tuple[str, ...] = ()
    """Folders of the home that each attempt has of its own, empty at first."""
    login: tuple[str, ...] = ()
    """Files of the home by which it is signed in, mounted writable into those folders."""
    seeds: tuple[str, ...] = ()
    """Files of the home that are copied into those folders when an attempt begins."""
    variables: tuple[tuple[str, str], ...] = ()
    """Set for it: where its folders are, no telemetry, no update of itself."""
    handed: tuple[str, ...] = ()
    """Names of variables that it takes a key from, handed through where they are set."""
    url: str = ""
    """The variable that points it to another endpoint; empty where it takes none."""
    pointed: tuple[tuple[str, str], ...] = ()
    """Set besides `url` for another endpoint, whose address `{base_url}` stands for."""
    hosts: tuple[str, ...] = ()
    """All that it needs to reach."""
    ways: tuple[str, ...] = ()
    """Ids of the ways to sign in over the Agent Client Protocol that need nobody, best first."""
    status: str = ""
    """A shell command of the program's own that ends with 0 where it is signed in."""
    sign_in: str = ""
    """What the developer types to sign in."""

    def form(self, kind: str) -> Form | None:
        """How it is run by agents of that kind."""
        return next((form for form in self.forms if form.kind == kind), None)


def preset_named(name: str) -> Preset | None:
    """The preset of that name."""
    return next((preset for preset in PRESETS if preset.name == name), None)


_GEMINI = "@google/gemini-cli@0.61.0"
_OPENCODE = "opencode-ai@1.18.33"
_QWEN = "@qwen-code/qwen-code@0.24.4"
"""Packages of programs that have both forms: the versions that were tried."""
_HOME = "/home/factory"
_NODE_PROXY = (("NODE_USE_ENV_PROXY", "1"),)

CLAUDE = Preset(
    name="claude-code",
    title="Claude Code",
    provider="anthropic",
    forms=(
        Form(
            kind="command",
            program="claude",
            run=(
                "claude -p --input-format stream-json --output-format stream-json --verbose "
                "--replay-user-messages --permission-mode bypassPermissions "
                '${FACTORY_MODEL:+--model "$FACTORY_MODEL"} '
                '${FACTORY_EFFORT:+--effort "$FACTORY_EFFORT"} '
                '${FACTORY_EARLY:+--settings "$FACTORY_EARLY"} '
                '${FACTORY_SESSION:+--resume "$FACTORY_SESSION"}'
            ),
            install="npm install -g @anthropic-ai/claude-code@latest",
            package="@anthropic-ai/claude-code@2.1.330",
            output="claude-stream-json",
            supports=(
                Supports.RESUME,
                Supports.STEER,
                Supports.PLAN,
                Supports.COST,
                Supports.DIFFS,
            ),
        ),
        Form(
            kind="acp",
            program="claude-agent-acp",
            run="claude-agent-acp",
            install="npm install -g @agentclientprotocol/claude-agent-acp",
            package="@agentclientprotocol/claude-agent-acp@0.101.0",
            supports=(
                Supports.RESUME,
                Supports.PLAN,
                Supports.COST,
                Supports.PERMISSIONS,
                Supports.DIFFS,
            ),
            node=22,
        ),
    ),
    config=("~/.claude",),
    login=("~/.claude/.credentials.json",),
    variables=(
        ("CLAUDE_CONFIG_DIR", f"{_HOME}/.claude"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("DISABLE_TELEMETRY", "1"),
        ("DISABLE_ERROR_REPORTING", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("IS_SANDBOX", "1"),
        *_NODE_PROXY,
    ),
    handed=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    url="ANTHROPIC_BASE_URL",
    hosts=("api.anthropic.com", "console.anthropic.com", "platform.claude.com", "claude.ai"),
    status="claude auth status",
    sign_in="claude auth login",
)

CODEX = Preset(
    name="codex",
    title="Codex",
    provider="openai",
    forms=(
        Form(
            kind="command",
            program="codex",
            run=(
                "codex exec --json --skip-git-repo-check "
                "--dangerously-bypass-approvals-and-sandbox "
                "-c analytics.enabled=false -c check_for_update_on_startup=false "
                "-c features.plugins=false -c features.remote_plugin=false -c features.apps=false "
                '${OPENAI_BASE_URL:+-c openai_base_url="$OPENAI_BASE_URL"} '
                '${FACTORY_MODEL:+-m "$FACTORY_MODEL"} '
                '${FACTORY_EFFORT:+-c model_reasoning_effort="$FACTORY_EFFORT"} '
                '${FACTORY_SESSION:+resume "$FACTORY_SESSION"} - < "$FACTORY_PROMPT_FILE"'
            ),
            install="npm install -g @openai/codex",
            package="@openai/codex@0.169.0",
            output="codex-json",
            supports=(Supports.RESUME, Supports.PLAN, Supports.TOKENS, Supports.DIFFS),
        ),
        Form(
            kind="acp",
            program="codex-acp",
            run="codex-acp",
            install="npm install -g @agentclientprotocol/codex-acp",
            package="@agentclientprotocol/codex-acp@2.6.0",
            supports=(
                Supports.RESUME,
                Supports.PLAN,
                Supports.TOKENS,
                Supports.PERMISSIONS,
                Supports.DIFFS,
            ),
            node=20,
        ),
    ),
    config=("~/.codex",),
    login=("~/.codex/auth.json",),
    seeds=("~/.codex/config.toml",),
    variables=(("CODEX_HOME", f"{_HOME}/.codex"), *_NODE_PROXY),
    handed=("OPENAI_API_KEY", "CODEX_API_KEY"),
    url="OPENAI_BASE_URL",
    pointed=(("CODEX_CONFIG", '{"openai_base_url": "{base_url}"}'),),
    hosts=("api.openai.com", "auth.openai.com", "chatgpt.com"),
    ways=("openai-api-key", "codex-api-key", "api-key"),
    status="codex login status",
    sign_in="codex login",
)

GEMINI = Preset(
    name="gemini",
    title="Gemini CLI",
    provider="google",
    forms=(
        Form(
            kind="command",
            program="gemini",
            run=(
                "gemini --approval-mode yolo --output-format stream-json "
                '${FACTORY_MODEL:+-m "$FACTORY_MODEL"} '
                '${FACTORY_SESSION:+--resume "$FACTORY_SESSION"} < "$FACTORY_PROMPT_FILE"'
            ),
            install="npm install -g @google/gemini-cli",
            package=_GEMINI,
            output="gemini-stream-json",
            supports=(Supports.RESUME, Supports.TOKENS),
            node=20,
        ),
        Form(
            kind="acp",
            program="gemini",
            run='gemini --acp ${FACTORY_MODEL:+-m "$FACTORY_MODEL"}',
            install="npm install -g @google/gemini-cli",
            package=_GEMINI,
            supports=(Supports.PLAN, Supports.PERMISSIONS, Supports.DIFFS),
            node=20,
        ),
    ),
    config=("~/.gemini",),
    login=("~/.gemini/oauth_creds.json", "~/.gemini/google_accounts.json"),
    seeds=("~/.gemini/settings.json",),
    variables=(
        ("GEMINI_TELEMETRY_ENABLED", "false"),
        ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
        ("GEMINI_CLI_NO_RELAUNCH", "true"),
        *_NODE_PROXY,
    ),
    handed=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    url="GOOGLE_GEMINI_BASE_URL",
    hosts=(
        "generativelanguage.googleapis.com",
        "cloudcode-pa.googleapis.com",
        "oauth2.googleapis.com",
    ),
    ways=("gemini-api-key",),
    sign_in="gemini",
)

OPENCODE = Preset(
    name="opencode",
    title="OpenCode",
    provider="opencode",
    forms=(
        Form(
            kind="command",
            program="opencode",
            run=(
                "opencode run --auto --format json "
                '${FACTORY_MODEL:+-m "$FACTORY_MODEL"} '
                '${FACTORY_SESSION:+--session "$FACTORY_SESSION"} < "$FACTORY_PROMPT_FILE"'
            ),
            install="npm install -g opencode-ai",
            package=_OPENCODE,
            output="opencode-json",
            supports=(Supports.RESUME, Supports.PLAN, Supports.COST, Supports.DIFFS),
        ),
        Form(
            kind="acp",
            program="opencode",
            run="opencode acp",
            install="npm install -g opencode-ai",
            package=_OPENCODE,
            supports=(
                Supports.RESUME,
                Supports.PLAN,
                Supports.COST,
                Supports.PERMISSIONS,
                Supports.DIFFS,
            ),
        ),
    ),
    config=("~/.config/opencode", "~/.local/share/opencode", "~/.local/state/opencode"),
    login=("~/.local/share/opencode/auth.json",),
    seeds=("~/.config/opencode/opencode.json", "~/.config/opencode/opencode.jsonc"),
    variables=(
        ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
    ),
    handed=(
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "GEMINI_API_KEY",
        "OPENROUTER_API_KEY",
        "OPENCODE_API_KEY",
        "OPENCODE_CONFIG_CONTENT",
    ),
    hosts=(
        "opencode.ai",
        "api.anthropic.com",
        "api.openai.com",
        "generativelanguage.googleapis.com",
        "openrouter.ai",
    ),
    status="opencode auth list",
    sign_in="opencode auth login",
)

QWEN = Preset(
    name="qwen",
    title="Qwen Code",
    provider="qwen",
    forms=(
        Form(
            kind="command",
            program="qwen",
            run=(
                "qwen --approval-mode yolo --output-format stream-json "
                '${FACTORY_MODEL:+-m "$FACTORY_MODEL"} '
                '${FACTORY_SESSION:+--resume "$FACTORY_SESSION"} < "$FACTORY_PROMPT_FILE"'
            ),
            install="npm install -g @qwen-code/qwen-code",
            package=_QWEN,
            output="qwen-stream-json",
            supports=(Supports.RESUME, Supports.TOKENS),
            node=22,
        ),
        Form(
            kind="acp",
            program="qwen",
            run='qwen --acp ${FACTORY_MODEL:+-m "$FACTORY_MODEL"}',
            install="npm install -g @qwen-code/qwen-code",
            package=_QWEN,
            supports=(Supports.PLAN, Supports.PERMISSIONS, Supports.DIFFS),
            node=22,
        ),
    ),
    config=("~/.qwen",),
    login=("~/.qwen/oauth_creds.json",),
    seeds=("~/.qwen/settings.json",),
    variables=(
        ("QWEN_TELEMETRY_ENABLED", "false"),
        ("QWEN_CODE_SUPPRESS_YOLO_WARNING", "1"),
        *_NODE_PROXY,
    ),
    handed=("OPENAI_API_KEY", "DASHSCOPE_API_KEY"),
    url="OPENAI_BASE_URL",
    hosts=("portal.qwen.ai", "chat.qwen.ai", "dashscope.aliyuncs.com"),
    ways=("openai",),
    sign_in="qwen",
)

VIBE = Preset(
    name="vibe",
    title="Mistral Vibe",
    provider="mistral",
    forms=(
        Form(
            kind="command",
            program="vibe",
            run=(
                'vibe -p "$(cat "$FACTORY_PROMPT_FILE")" --output text --trust --agent auto-approve'
            ),
            install="uv tool install mistral-vibe",
        ),
        Form(
            kind="acp",
            program="vibe-acp",
            run="vibe-acp",
            install="uv tool install mistral-vibe",
            supports=(Supports.PLAN, Supports.TOKENS, Supports.PERMISSIONS, Supports.DIFFS),
        ),
    ),
    config=("~/.vibe",),
    login=("~/.vibe/.env",),
    seeds=("~/.vibe/config.toml",),
    variables=(("VIBE_HOME", f"{_HOME}/.vibe"), ("VIBE_ENABLE_TELEMETRY", "false")),
    handed=("MISTRAL_API_KEY",),
    hosts=("api.mistral.ai",),
    sign_in="vibe --setup",
)

PRESETS = (CLAUDE, CODEX, GEMINI, OPENCODE, QWEN, VIBE)
