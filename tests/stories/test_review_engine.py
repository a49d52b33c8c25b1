"""Many clients, copied repositories, tasks that wait for nothing, programs that never stop."""

from __future__ import annotations

import asyncio
import shutil
import subprocess  # noqa: TID251 - clients are processes of their own
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory import spawn, wire
from factory.gate import treecheck
from factory.git.comparisons import Changed
from factory.git.place import find_repository
from factory.logs import Log
from factory.model import Draft, TaskState
from tests.developer import Developer
from tests.works import RefusedError, rail, settings, told, works

CLIENT = """
import asyncio, sys
from pathlib import Path
from factory import spawn
asyncio.run(spawn.ensure_engine(spawn.find_repository(Path(sys.argv[1]))))
"""


def test_clients_that_come_at_once_all_find_the_one_engine(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    line = (sys.executable, "-c", CLIENT, str(developer.path))
    clients = [subprocess.Popen(line, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        said = [client.communicate(timeout=120)[1] for client in clients]
        assert [client.returncode for client in clients] == [0] * 4, said
    finally:
        asyncio.run(spawn.stop_engine(developer.place, at_once=True))


def test_a_copy_of_a_repository_has_a_place_of_its_own(developer: Developer, home: Path) -> None:
    first = developer.place
    shutil.copytree(developer.path, home / "copy", symlinks=True)
    copy = find_repository(home / "copy")
    assert copy.id != first.id
    assert find_repository(home / "copy") == copy
    assert developer.place == first


def test_a_repository_that_was_moved_keeps_its_place(developer: Developer, home: Path) -> None:
    first = developer.place
    developer.path.rename(home / "moved")
    assert find_repository(home / "moved").id == first.id
    (home / "moved").rename(home / "again")
    assert find_repository(home / "again").id == first.id


@told
async def test_a_task_that_comes_after_one_that_will_never_land_says_so(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        first = await factory.ready("First", "echo 1 > 1.txt")
        third = await factory.add("Third", "echo 3 > 3.txt", hold=True)
        second = await factory.add("Second", "echo 2 > 2.txt", after=(first, third))
        await factory.send(wire.Reject(task=first))
        await factory.until(second, TaskState.PARKED)
        parked = factory.task(second).parked
        assert parked is not None
        assert parked.message == "it comes after first, which is rejected; resume starts it"
        with pytest.raises(RefusedError, match="no agent works on it"):
            await factory.send(wire.Say(task=second, text="go on"))
        await factory.send(wire.Resume(task=second))
        assert factory.task(second).after == (third,)
        await factory.send(wire.Hold(task=third, held=False))
        await factory.until(third, TaskState.READY)
        await factory.land(third)
        await factory.until(second, TaskState.READY)


@told
async def test_no_task_can_come_after_itself(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        first = await factory.add("First", hold=True)
        second = await factory.add("Second", hold=True, after=(first,))
        for after in ((first,), (second,)):
            edit = wire.Edit(task=first, draft=Draft(title="First", after=after))
            with pytest.raises(RefusedError, match="cannot come after"):
                await factory.send(edit)


@told
async def test_a_check_that_never_stops_talking_does_not_fill_the_disk(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factory.gate.checks.Log", lambda path: Log(path, kept=1000, end=100))
    loud = rail("loud", "yes | head -c 3000000; echo the end; exit 1")
    developer.commit({"factory.toml": settings(loud, top="rounds = 0")})
    async with works(developer) as factory:
        task = await factory.add("Write", "echo x > x.txt")
        await factory.until(task, TaskState.PARKED)
        logs = [log.read_bytes() for log in factory.engine.shop.logs.iterdir()]
        assert logs
        assert all(len(log) < 2_000 and log.endswith(b"y\ny\nthe end\n") for log in logs)


@pytest.mark.parametrize("size", [0, 1, 10, 11, 15, 16, 100])
def test_a_log_is_whole_up_to_its_size_then_its_beginning_and_end(home: Path, size: int) -> None:
    said = bytes(65 + number % 26 for number in range(size))
    with Log(home / "log", kept=10, end=5) as log:
        for at in range(0, size, 3):
            log.write(said[at : at + 3])
    found = (home / "log").read_bytes()
    if size <= 15:
        assert found == said
    else:
        assert found == said[:10] + b"\n[%d bytes were not kept]\n" % (size - 15) + said[-5:]


def test_a_log_that_a_full_disk_cuts_short_is_closed() -> None:
    with pytest.raises(OSError, match="No space left"), Log(Path("/dev/full"), kept=0) as log:
        log.write(bytes(1 << 20))
    held = [file for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    assert Path("/dev/full") not in {file.readlink() for file in held if file.is_symlink()}


def test_many_large_files_are_too_much_for_one_change() -> None:
    changed = [
        Changed(path=f"{n}", status="A", old_mode="0", new_mode="100644", old="", new=f"{n}")
        for n in range(11)
    ]
    sizes = {change.new: 10 << 20 for change in changed}
    assert treecheck.problems(changed[:10], sizes=sizes, links={}) == ()
    (word,) = treecheck.problems(changed, sizes=sizes, links={})
    assert word.startswith("110 MB changed")
    gone = [replace(one, status="D", old=one.new, new="0" * 40) for one in changed]
    assert treecheck.problems(gone, sizes=sizes, links={}) == (word,)
