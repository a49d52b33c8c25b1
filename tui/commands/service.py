"""The engine as a service of the developer's own session: systemd or launchd. Pure text."""

from __future__ import annotations

import plistlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from factory.model import Struct


class Service(Struct):
    """A file to write, and the command that then enables it."""

    file: Path
    text: str
    enable: str
    remove: str


def service(
    platform: str,
    name: str,
    repository: str,
    command: Sequence[str],
    variables: Mapping[str, str],
    home: Path,
) -> Service | None:
    """The service that runs `command` for a repository; None where neither system is there.

    `variables` are what it gets of the developer's shell: PATH, for one. Keys are never written
    into it.
    """
    if platform == "linux":
        return _systemd(name, repository, command, variables, home)
    if platform == "darwin":
        return _launchd(name, repository, command, variables, home)
    return None


def _systemd(
    name: str, repository: str, command: Sequence[str], variables: Mapping[str, str], home: Path
) -> Service:
    # KillMode: the engine ends its own; a landing's push must run to its end. OOMPolicy: a program
    # in a sandbox that the kernel ends for the memory it took does not take the engine along.
    variable_lines = "\n".join(
        f"Environment={_word(f'{name}={value}')}" for name, value in variables.items()
    )
    unit = f"factory-tui-{name}.service"
    text = f"""\
[Unit]
Description=factory-tui engine of {_line(repository)}

[Service]
WorkingDirectory={_line(repository).replace("%", "%%")}
ExecStart={" ".join(_word(word).replace("$", "$$") for word in command)}
{variable_lines}
Restart=on-failure
RestartSec=5
KillMode=process
OOMPolicy=continue
TimeoutStopSec=60

[Install]
WantedBy=default.target
"""
    return Service(
        file=home / ".config/systemd/user" / unit,
        text=text,
        enable=f"systemctl --user daemon-reload && systemctl --user enable --now {unit}",
        remove=f"systemctl --user disable --now {unit}",
    )


def _word(word: str) -> str:
    """A word of a unit file, quoted; a `%` in it means itself."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{_line(plain)}"'


def _line(text: str) -> str:
    return " ".join(text.splitlines())


def _launchd(
    name: str, repository: str, command: Sequence[str], variables: Mapping[str, str], home: Path
) -> Service:
    label = f"factory-tui.{name}"
    file = home / "Library/LaunchAgents" / f"{label}.plist"
    text = plistlib.dumps(
        {
            "Label": label,
            "ProgramArguments": list(command),
            "WorkingDirectory": repository,
            "EnvironmentVariables": dict(variables),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
        }
    ).decode()
    return Service(
        file=file,
        text=text,
        enable=f"launchctl bootstrap gui/$(id -u) '{file}'",
        remove=f"launchctl bootout gui/$(id -u)/{label}",
    )
