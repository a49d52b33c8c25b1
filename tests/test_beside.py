"""Services in a program's sandbox: there before it begins, reachable, and gone with it."""

from __future__ import annotations

import asyncio
import shlex
import socket
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory import sandbox
from factory.environment import ports
from factory.sandbox import Profile, Service
from factory.sandbox.company import REPORT
from tests.works import told

linux = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap exists on Linux only")
both = pytest.mark.parametrize("contained", [pytest.param(True, marks=linux), False])

FETCH = (
    "import sys, urllib.request as r; r.install_opener(r.build_opener(r.ProxyHandler({})))\n"
    "print(r.urlopen('http://127.0.0.1:' + sys.argv[1] + '/notes.txt').read().decode())"
)


def served(port: int) -> Service:
    run = "exec python3 -m http.server --bind 127.0.0.1 $PORT"
    return Service(name="web", run=run, port=port, timeout=20)


def place(tmp_path: Path, *services: Service, contained: bool) -> Profile:
    for name in ("tree", "results"):
        (tmp_path / name).mkdir()
    (tmp_path / "tree" / "notes.txt").write_text("hello from the tree")
    profile = sandbox.gate(str(tmp_path / "tree"), str(tmp_path / "results"))
    return replace(profile, services=services, contained=contained)


def fetch(port: int) -> str:
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(FETCH)} {port}"


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@both
@told
async def test_a_program_reaches_its_service_and_leaves_none_behind(
    tmp_path: Path, contained: bool
) -> None:
    port = ports.block(1, ())[0]
    profile = place(tmp_path, served(port), contained=contained)
    out: list[bytes] = []
    command = f"{fetch(port)}; read -r line; echo $line; exit 7"
    done = await sandbox.run(profile, command, stdin=b"given\n", on_output=out.append)
    assert b"".join(out) == b"hello from the tree\ngiven\n"
    assert done.exit_code == 7
    assert not listens(port)
    alone = await sandbox.run(replace(profile, services=()), fetch(port))
    assert alone.exit_code == 1, "without its service there is nobody to reach"


@both
@told
async def test_a_service_ends_with_a_program_that_is_ended(tmp_path: Path, contained: bool) -> None:
    port = ports.block(1, ())[0]
    profile = place(tmp_path, served(port), contained=contained)
    began = asyncio.Event()
    running = asyncio.create_task(
        sandbox.run(profile, "echo begun; sleep 600", on_output=lambda _: began.set())
    )
    await asyncio.wait_for(began.wait(), 30)
    assert listens(port) is not contained, "inside, it has a network of its own"
    running.cancel()
    await asyncio.wait({running})
    async with asyncio.timeout(10):
        while listens(port):  # without a sandbox nobody waits for what was killed
            await asyncio.sleep(0.02)


@linux
@told
async def test_a_program_that_lacks_its_service_is_not_begun_and_it_is_said_why(
    tmp_path: Path,
) -> None:
    broken = Service(name="db", run="echo no disk left; exit 4", port=ports.block(1, ())[0])
    slow = Service(name="db", run="echo thinking; sleep 60", ready="false", timeout=0.3)
    profile = place(tmp_path, contained=True)
    for service, why in ((broken, "ended with 4"), (slow, "was not ready in 0.3 s")):
        out: list[bytes] = []
        done = await sandbox.run(
            replace(profile, services=(service,)), "echo begun", on_output=out.append
        )
        assert done.exit_code == 125
        assert b"begun\n" not in out
        told = (tmp_path / "results" / REPORT).read_text()
        assert told.startswith(f"not begun: the service db {why}; it said:\n  ")
        (tmp_path / "results" / REPORT).unlink()


@linux
@told
async def test_what_comes_before_a_program_has_its_services_and_must_end_well(
    tmp_path: Path,
) -> None:
    port = ports.block(1, ())[0]
    profile = place(tmp_path, served(port), contained=True)
    ready = replace(profile, before=(f"{fetch(port)} > /results/got",))
    assert (await sandbox.run(ready, "cat /results/got")).exit_code == 0
    assert "hello" in (tmp_path / "results" / "got").read_text()
    out: list[bytes] = []
    done = await sandbox.run(
        replace(profile, before=("exit 3",)), "echo begun", on_output=out.append
    )
    assert (done.exit_code, b"".join(out)) == (125, b"[not begun: `exit 3` ended with 3]\n")
