from __future__ import annotations

import plistlib
import shlex
from pathlib import Path

from tui.commands.service import service

COMMAND = ["/opt/py thon/bin/python3", "-P", "-m", "factory", "/src/100% $mine"]
VARIABLES = {"PATH": "/opt/py thon/bin:/usr/bin", "FACTORY_TUI_HOME": "/var/50%"}
HOME = Path("/home/me")


def test_a_systemd_unit_means_what_it_says_whatever_the_names_are() -> None:
    found = service("linux", "ab12", "/src/100% $mine", COMMAND, VARIABLES, HOME)
    assert found is not None
    assert found.file == HOME / ".config/systemd/user/factory-tui-ab12.service"
    lines = dict(line.split("=", 1) for line in found.text.splitlines() if "=" in line)
    doubled = [word.replace("%", "%%").replace("$", "$$") for word in COMMAND]
    assert shlex.split(lines["ExecStart"]) == doubled
    assert lines["WorkingDirectory"] == "/src/100%% $mine"
    assert 'Environment="PATH=/opt/py thon/bin:/usr/bin"' in found.text
    assert 'Environment="FACTORY_TUI_HOME=/var/50%%"' in found.text
    assert "factory-tui-ab12.service" in found.enable


def test_a_name_with_a_line_break_adds_no_line_to_a_unit() -> None:
    evil = "/src/x\nExecStartPre=/bin/evil"
    found = service("linux", "ab12", evil, [*COMMAND[:-1], evil], VARIABLES, HOME)
    assert found is not None
    assert not any(line.startswith("ExecStartPre") for line in found.text.splitlines())


def test_a_launchd_agent_carries_command_and_path() -> None:
    found = service("darwin", "ab12", "/src/<mine>", COMMAND, VARIABLES, HOME)
    assert found is not None
    read = plistlib.loads(found.text.encode())
    assert read["ProgramArguments"] == COMMAND
    assert read["EnvironmentVariables"] == VARIABLES
    assert read["WorkingDirectory"] == "/src/<mine>"


def test_elsewhere_there_is_no_service() -> None:
    assert service("win32", "ab12", "/src", COMMAND, VARIABLES, HOME) is None
