"""What each program writes to stdout while the scripted model is in one of its moods.

Kept are the lines as they came, with this machine's paths, ids of sessions and times left as they
are but for the folders, which become `/worktree` and `/home/factory`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path

from factory.agents.recording import load
from factory.sandbox import HOME
from tests.agents.models.server import ModelServer
from tests.agents.real.install import path
from tests.agents.real.programs import KEY, Program

SESSION = Path(__file__).with_name("session.toml")
PROMPT = """\
Task: Count the words

Add a function that counts the words of a text, with its test.
"""
WORDS = '"""Words."""\n'
PATIENCE = 30.0
"""Seconds after which a program that tries again and again is interrupted."""
CASES = {
    "done": "plain",
    "limited": "limited",
    "refused": "refused",
    "broke": "broke",
    "unknown": "unknown",
    "cut": "cut",
    "killed": "slow",
    "interrupted": "slow",
}
"""What happens, and the mood that makes it happen."""
MOMENT = 4.0
"""Seconds after which a program is killed or interrupted that should be."""


async def record(program: Program, case: str, where: Path, into: Path) -> str:
    """Play one case and keep what came; a line about it."""
    with tempfile.TemporaryDirectory(prefix="recorded-", ignore_cleanup_errors=True) as made:
        room = Path(made)
        tree, home = room / "worktree", room / "home"
        for folder in (tree, home, room / "tmp"):
            folder.mkdir()
        (tree / "words.py").write_text(WORDS)
        (room / "prompt.md").write_text(PROMPT)
        server = ModelServer(load(SESSION), root=str(tree))
        async with server.loopback() as url:
            code = await _play(program, case, f"{url}/{CASES[case]}", room, where)
        scrubbed = {str(tree): "/worktree", str(home): "/home/factory", url: "http://127.0.0.1:1"}
        name = f"{program.name}-{program.version}-{case}"
        into.mkdir(parents=True, exist_ok=True)
        for kind in ("out", "err"):
            text = (room / kind).read_text(errors="surrogateescape")
            for old, new in (scrubbed | {str(room): "/room", str(where): "/agents"}).items():
                text = text.replace(old, new)
            end = "jsonl" if kind == "out" else "err"
            (into / f"{name}.{end}").write_text(text, errors="surrogateescape")
        (into / f"{name}.rc").write_text(f"{code}\n")
        return f"{name}: exit code {code}, {len(server.asked)} requests"


async def _play(program: Program, case: str, url: str, room: Path, where: Path) -> int:
    git = shutil.which("git") or "git"
    script = f"{git} init -q . && {program.run('command', url)}"
    home = str(room / "home")
    pointed = ((program.known.url, program.base.replace("{url}", url)),) if program.base else ()
    variables = (*program.known.variables, *pointed, *program.told(url))
    with (room / "out").open("wb") as out, (room / "err").open("wb") as err:
        running = await asyncio.create_subprocess_exec(
            "/bin/bash",
            "-c",
            script,
            cwd=room / "worktree",
            env={
                "PATH": ":".join((*path(program, where), "/usr/bin", "/bin")),
                "HOME": home,
                "TMPDIR": str(room / "tmp"),
                "LANG": "C.UTF-8",
                "FACTORY_PROMPT_FILE": str(room / "prompt.md"),
                "FACTORY_MODEL": program.model,
                **dict.fromkeys(program.keys, KEY),
                **{name: value.replace(HOME, home) for name, value in variables},
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            await asyncio.wait_for(running.wait(), MOMENT if CASES[case] == "slow" else PATIENCE)
        except TimeoutError:
            ending = signal.SIGKILL if case == "killed" else signal.SIGINT
            os.killpg(running.pid, ending)
        try:
            return await asyncio.wait_for(running.wait(), 10)
        except TimeoutError:
            os.killpg(running.pid, signal.SIGKILL)
            return await running.wait()
