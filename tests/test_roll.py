"""The agent programs that we know, as they stand on a machine: each is asked itself."""

from __future__ import annotations

import os
from pathlib import Path

from factory.roll import roll
from factory.wire import KnownAgent, SignedIn
from tests.works import told
from tui.commands.agents import more, state

PROGRAM = """#!/bin/sh
case "$*" in
--version) echo '9.9.9 (Claude Code)' ;;
"auth status")
    echo stolen > "$HOME/.claude/.credentials.json" 2> /dev/null && exit 0
    cat "$HOME/.claude/.credentials.json" > /dev/null 2>&1 ;;
esac
"""


async def asked(folder: Path, home: Path, **environ: str) -> dict[str, KnownAgent]:
    path = f"{folder}:{os.environ['PATH']}"
    known = await roll({"PATH": path, **environ}, home)
    return {f"{one.preset} {one.kind}": one for one in known}


@told
async def test_a_program_says_itself_whether_it_is_signed_in_and_nobody_writes_its_login(
    tmp_path: Path,
) -> None:
    folder, home = tmp_path / "bin", tmp_path / "home"
    folder.mkdir()
    (home / ".claude").mkdir(parents=True)
    (folder / "claude").write_text(PROGRAM)
    (folder / "claude").chmod(0o755)
    login = home / ".claude" / ".credentials.json"

    login.write_text("token")
    found = await asked(folder, home)
    claude = found["claude-code command"]
    assert (claude.installed, claude.version) == (True, "9.9.9 (Claude Code)")
    assert claude.signed_in is SignedIn.YES
    assert login.read_text() == "token", "it could read its login, and not write it"
    assert state(claude) == "9.9.9 (Claude Code), signed in"
    assert "resume" in more(claude)

    missing = next(one for one in found.values() if not one.installed)
    assert (state(missing), more(missing)) == ("not installed", missing.install)

    (folder / "claude").write_text("#!/bin/sh\nexit 127\n")
    again = (await asked(folder, home, ANTHROPIC_API_KEY="sk-1"))["claude-code command"]
    assert (again.version, again.signed_in) == ("", SignedIn.UNKNOWN)
    assert state(again) == "version unknown, key in ANTHROPIC_API_KEY"
