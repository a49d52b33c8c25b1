"""Limits of a whole sandbox: a small bomb reaches each, which is then named in its last line."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory import sandbox
from factory.sandbox import Finished, bubblewrap, quota
from factory.sandbox.machine import Machine
from factory.sandbox.profiles import Limits, Profile
from factory.sandbox.quota import Use

linux = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")
MIB = 1 << 20
HOLD = "python3 -c 'import time; held = b\"x\" * (300 << 20); print(1, flush=True); time.sleep(30)'"


def ran(folder: Path, command: str | list[str], limits: Limits) -> tuple[Finished, str]:
    profile = Profile(name="test", tree=str(folder), limits=limits)
    said: list[bytes] = []
    finished = asyncio.run(sandbox.run(profile, command, timeout=60, on_output=said.append))
    return finished, b"".join(said).decode(errors="replace")


# --- which limit ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "word"),
    [
        (Use(processes=11), "more than 10 processes"),
        (Use(memory=11 * MIB), "more than 10 MiB of memory"),
        (Use(disk=11 * MIB), "hold more than 10 MiB"),
        (Use(files=1001), "more than 1,000 files"),
        (Use(depth=201), "more than 200 deep"),
    ],
)
def test_the_limit_that_was_passed_is_named(use: Use, word: str) -> None:
    limits = Limits(processes=10, together_bytes=10 * MIB, disk_bytes=10 * MIB, files=1000)
    assert word in quota.over(limits, use)


def test_within_the_limits_nothing_is_said_and_no_limit_is_none() -> None:
    limits = Limits(processes=10, together_bytes=MIB, disk_bytes=MIB, files=10)
    assert quota.over(limits, Use(processes=10, memory=MIB, disk=MIB, files=10, depth=200)) == ""
    none = Limits(processes=0, together_bytes=0, disk_bytes=0, files=0)
    assert quota.over(none, Use(processes=10**6, memory=1 << 50, disk=1 << 50, files=10**9)) == ""


def test_a_quarter_of_a_small_machine_is_left_to_the_developer() -> None:
    small = bubblewrap.fitting(Limits(), Machine(memory=4 << 30))
    assert (small.memory_bytes, small.together_bytes) == (3 << 30, 3 << 30)
    large = bubblewrap.fitting(Limits(), Machine(memory=64 << 30))
    assert (large.memory_bytes, large.together_bytes) == (8 << 30, 48 << 30)
    assert (
        bubblewrap.fitting(Limits(together_bytes=9), Machine(memory=64 << 30)).together_bytes == 9
    )


# --- bombs ---------------------------------------------------------------------------------


BOMBS = [
    ("for n in $(seq 60); do sleep 30 & done; wait", Limits(processes=40), "processes"),
    (f"{HOLD} & {HOLD}", Limits(together_bytes=400 * MIB), "of memory"),
    ("head -c 90M /dev/zero >/dev/shm/x; sleep 30", Limits(together_bytes=60 * MIB), "of memory"),
    ("mkdir d; for n in $(seq 3000); do : > d/$n; done; sleep 30", Limits(files=2000), "files"),
    ("for n in 1 2 3; do fallocate -l 90M $n; done; sleep 9", Limits(disk_bytes=200 * MIB), "hold"),
    ("exec 9>x; rm x; fallocate -l 300M /proc/self/fd/9; sleep 30", Limits(disk_bytes=MIB), "hold"),
    ("yes | head -c 900M; sleep 30", Limits(output_bytes=20 * MIB), "said more than 20 MiB"),
    ("for n in $(seq 300); do mkdir d; cd d; done; fallocate -l 90M x; sleep 30",
     Limits(disk_bytes=300 * MIB), "deep"),
]  # fmt: skip


@linux
@pytest.mark.parametrize(("command", "limits", "word"), BOMBS)
def test_a_bomb_is_ended_and_says_why(
    tmp_path: Path, command: str, limits: Limits, word: str
) -> None:
    finished, said = ran(tmp_path, command, limits)
    assert not finished.timed_out
    if word == "processes" and os.geteuid() != 0:
        assert "fork" in said  # the kernel itself holds an ordinary user to that
        return
    assert finished.exit_code == 137
    assert word in finished.stopped
    assert said.endswith(f"\n[{finished.stopped}]\n")


@linux
def test_what_is_shared_is_counted_once(tmp_path: Path) -> None:
    fork = (
        'python3 -c \'import os, time; held = b"x" * (200 << 20);'
        " [os.fork() for _ in range(2)]; time.sleep(1)'"
    )
    finished, _ = ran(tmp_path, fork, Limits(together_bytes=600 * MIB))
    assert finished.exit_code == 0, finished.stopped


@linux
def test_without_the_watch_the_same_bombs_go_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blind(_self: object) -> str:
        return ""

    monkeypatch.setattr(quota.Watch, "look", blind)
    files = "mkdir d; for n in $(seq 3000); do : > d/$n; done; sleep 1"
    assert ran(tmp_path, files, Limits(files=2000))[0].exit_code == 0
    assert len(list((tmp_path / "d").iterdir())) == 3000
    swollen = "head -c 90M /dev/zero >/dev/shm/x; sleep 1"
    assert ran(tmp_path, swollen, Limits(together_bytes=60 * MIB))[0].exit_code == 0


@linux
@pytest.mark.skipif(not bubblewrap.look().nsenter, reason="for root, on Linux 6.14 or newer")
def test_the_kernel_counts_the_processes_of_root_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blind(_self: object) -> str:
        return ""

    before = Path("/proc/sys/kernel/pid_max").read_text()
    monkeypatch.setattr(quota.Watch, "look", blind)
    many = "n=0; while [ $n -lt 900 ]; do sleep 9 & n=$((n+1)); done; echo all"
    few = Limits(processes=100)
    assert "fork" in ran(tmp_path, ["/bin/sh", "-c", many], few)[1]
    assert Path("/proc/sys/kernel/pid_max").read_text() == before
    machine = replace(bubblewrap.look(), nsenter="")
    monkeypatch.setattr(bubblewrap, "look", lambda: machine)
    assert ran(tmp_path, ["/bin/sh", "-c", many], few)[1] == "all\n"
