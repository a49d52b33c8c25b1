"""The developer's shell in an agent's sandbox: what runs there cannot type into their terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess  # noqa: TID251 - the shell is the developer's own
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory.sandbox import bubblewrap, profiles, shell

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")

TYPE = 'python3 -c \'import fcntl; fcntl.ioctl(0, 0x5412, b"#"); print("ty" + "ped")\'; exit\n'
"""Puts a character into the terminal's own input (TIOCSTI)."""


def profile(folder: Path) -> profiles.Profile:
    for name in ("tree", "tmp", "git", "history"):
        (folder / name).mkdir(exist_ok=True)
    return profiles.tools(
        str(folder / "tree"),
        str(folder / "tmp"),
        private_git=str(folder / "git"),
        history=str(folder / "history"),
    )


def typed(command: Sequence[str], text: str) -> str:
    """What a terminal shows where a command runs in it and something is typed."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        os.write(ours, text.encode())
        while select.select([ours], [], [], 30)[0]:
            said += os.read(ours, 4096)
    except OSError:  # the last one has closed it
        pass
    finally:
        running.kill()
        running.wait()
        os.close(ours)
    return said.decode(errors="replace")


def test_a_shell_stands_in_the_worktree_and_sees_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "mine.txt").touch()
    (tmp_path / "secret.txt").touch()
    command = shell.interactive(profile(tmp_path), tmp_path / "shell")
    said = typed(command, f"pwd; ls; ls {tmp_path}; grep Seccomp: /proc/self/status; exit\n")
    assert "/worktree" in said
    assert "mine.txt" in said
    assert "secret.txt" not in said
    assert "Seccomp:\t2" in said


def test_what_runs_in_it_cannot_type_into_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = shell.interactive(profile(tmp_path), tmp_path / "shell")
    assert "typed\r\n" not in typed(command, TYPE)
    if os.geteuid() != 0:  # root alone still may, on a kernel of today
        return
    assert "typed\r\n" in typed(["/bin/bash", "-i"], TYPE)
    whole = bubblewrap.arguments

    def same_session(*given: object, **named: object) -> list[str]:
        return [word for word in whole(*given, **named) if word != "--new-session"]  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(bubblewrap, "filtered", lambda *_: b"")
    monkeypatch.setattr(bubblewrap, "arguments", same_session)
    bare = typed(shell.interactive(profile(tmp_path), tmp_path / "shell"), TYPE)
    assert ("typed\r\n" in bare) == legacy()


def legacy() -> bool:
    """Whether this kernel lets an ordinary program type into its own terminal."""
    setting = Path("/proc/sys/dev/tty/legacy_tiocsti")
    return not setting.exists() or setting.read_text().strip() == "1"


def test_there_is_no_shell_where_nothing_would_contain_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uncontained = replace(profile(tmp_path), contained=False)
    assert shell.interactive(uncontained, tmp_path / "shell") == ()
    monkeypatch.setattr(bubblewrap, "find_bubblewrap", lambda: None)
    assert shell.interactive(profile(tmp_path), tmp_path / "shell") == ()


def test_there_is_no_shell_where_an_agent_has_put_a_link_in_a_mounts_place(tmp_path: Path) -> None:
    inside = profile(tmp_path)
    (tmp_path / "tree" / ".git").symlink_to(f"/oldroot{tmp_path}/made-on-the-host")
    assert shell.interactive(inside, tmp_path / "shell") == ()
    (tmp_path / "tree" / ".git").unlink()
    assert shell.interactive(inside, tmp_path / "shell") != ()
