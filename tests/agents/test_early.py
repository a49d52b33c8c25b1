"""The early gate: what a program's stop hook runs before the program may stop."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

import pytest

from factory.agents.command import Command
from factory.configfile import parse
from factory.entry import Output
from factory.model import ConfigError
from factory.presets import CLAUDE
from tests.agents.bench import Workplace, spec, task

PROGRAM = """
import json, os, subprocess, sys
if not os.environ["FACTORY_EARLY"]: sys.exit(print("no gate"))
hooks = json.load(open(os.environ["FACTORY_EARLY"]))["hooks"]["Stop"][0]["hooks"][0]
def stop(active):
    given = json.dumps({"hook_event_name": "Stop", "stop_hook_active": active})
    ran = subprocess.run(hooks["command"], shell=True, input=given, capture_output=True, text=True)
    print(ran.returncode, ran.stderr.strip().replace(chr(10), " | "))
stop(False)
stop(True)
open("it's there", "w").close()
stop(False)
"""
CHECK = 'test -f "it\'s there" || { seq 30; exit 3; }'


def said(home: Path, check: str) -> list[str]:
    run = f"python3 -c {shlex.quote(PROGRAM)}"
    at = Workplace(home, spec("command", run=run, early=check), task())
    entries = asyncio.run(at.work(Command()))
    return "".join(e.text for e in entries if isinstance(e, Output)).splitlines()


def test_it_holds_a_program_back_once_with_the_end_of_what_the_check_said(tmp_path: Path) -> None:
    held, again, good = said(tmp_path, CHECK)
    assert held.startswith(f"2 Before you stop, make this pass: {CHECK} | 11 | 12 ")
    assert held.endswith("| 30")
    assert (again, good) == ("0 ", "0 "), "never endlessly, and never where the check passes"


def test_without_a_check_there_is_no_hook(tmp_path: Path) -> None:
    assert said(tmp_path, "") == ["no gate"]


def test_a_program_that_would_ignore_it_is_named_in_factory_toml() -> None:
    rest = "[[guardrail]]\nname = 'a'\nrun = 'true'\n[agents.x]\nkind = 'command'\n"
    known = parse(rest + "preset = 'claude-code'\nearly = 'ruff check .'").agents[0]
    assert (known.early, known.run) == ("ruff check .", CLAUDE.forms[0].run)
    with pytest.raises(ConfigError, match=r"agents\.x\.early: only preset claude-code"):
        parse(rest + "run = 'mine'\nearly = 'ruff check .'")
