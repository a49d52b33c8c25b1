"""Ports, services, prepared worktrees and teardown, from an attempt to its landing."""

from __future__ import annotations

from factory.entry import Remark
from factory.model import ParkReason, TaskState, Verdict
from factory.transcript import Transcript
from factory.worktrees import attempt_name
from tests.developer import Developer
from tests.works import SCRIPT, Works, settings, told, works

READ = (
    "import os, urllib.request as r; r.install_opener(r.build_opener(r.ProxyHandler({})));"
    "print(r.urlopen('http://127.0.0.1:' + os.environ['FACTORY_PORT_WEB'] + '/notes.txt')"
    ".read().decode().strip())"
)
AROUND = """
[environment]
prepare = ["mkdir -p built && echo prepared > built/mark"]
teardown = ["echo gone; exit 3", "test -e notes.txt"]
ports = 3

[[service]]
name = "web"
run = "exec python3 -m http.server --bind 127.0.0.1 $PORT"
port = 1

[[service]]
name = "never"
run = "echo no licence; exit 9"
agents = false
"""
FILES = {".gitignore": "built/\n", "read.py": READ + "\n", "notes.txt": "one\n"}


def rail(name: str, run: str, *services: str) -> str:
    return f"[[guardrail]]\nname = '{name}'\nrun = '''{run}'''\nservices = {list(services)}\n"


def configure(developer: Developer, *rails: str) -> None:
    text = settings(*rails, agents=SCRIPT + AROUND)
    developer.commit({**FILES, "factory.toml": text})


async def remarks(factory: Works, task: str) -> list[str]:
    shop = factory.engine.shop
    path = shop.attempt_folder(attempt_name(factory.task(task))) / "transcript.jsonl"
    found = Transcript(path, shop.discretion).entries()
    return [entry.text for entry in found if isinstance(entry, Remark)]


@told
async def test_an_attempt_and_the_guardrails_that_ask_for_it_have_a_service(
    developer: Developer,
) -> None:
    configure(
        developer,
        rail("served", "python3 read.py && cat built/mark", "web"),
        rail("alone", '! python3 read.py && test "$(echo $FACTORY_PORTS | wc -w)" = 3'),
    )
    async with works(developer) as factory:
        script = (
            "(python3 read.py; cat built/mark; expr $FACTORY_PORT_WEB - $FACTORY_PORT) > got.txt"
        )
        task = await factory.ready("Ask the service", script)
        change = (await factory.view(task)).change
        assert change is not None
        assert change.files == ("got.txt",)
        assert {one.guardrail: one.verdict for one in change.judged} == {
            "served": Verdict.PASS, "alone": Verdict.PASS,
        }  # fmt: skip
        await factory.land(task)
        assert developer.shows("got.txt") == "one\nprepared\n1"
        await factory.once(lambda: not factory.task(task).worktree, task)
        said = await remarks(factory, task)
        assert [text for text in said if "teardown" in text] == [
            "teardown: `echo gone; exit 3` ended with 3: gone"
        ]


@told
async def test_a_guardrail_without_its_service_is_an_error_and_never_a_pass(
    developer: Developer,
) -> None:
    configure(developer, rail("served", "true", "never"))
    async with works(developer) as factory:
        task = await factory.add("Anything", "echo x > new.txt")
        await factory.until(task, TaskState.PARKED)
        aside = factory.task(task).parked
        assert aside is not None
        assert aside.reason is ParkReason.ERROR
        assert "served cannot run, on the target neither: " in aside.message
        assert "the service never ended with 9" in aside.message
        assert "it said: no licence" in aside.message


@told
async def test_no_two_tasks_share_a_port_and_each_keeps_its_own_past_a_restart(
    developer: Developer,
) -> None:
    configure(developer)
    async with works(developer) as factory:
        tasks = [await factory.ready(f"Task {n}", f"echo $FACTORY_PORTS > {n}") for n in "ab"]
        blocks = [factory.task(task).ports for task in tasks]
        assert blocks[0] != blocks[1]
        assert abs(blocks[0][0] - blocks[1][0]) >= 3
    async with works(developer) as factory:
        for task, block in zip(tasks, blocks, strict=True):
            await factory.land(task)
            assert factory.task(task).ports == block
        third = await factory.ready("Task c", "echo $FACTORY_PORTS > c")
        assert factory.task(third).ports in blocks, "what is over has given its ports back"
    first = blocks[0][0]
    assert developer.shows("a") == f"{first} {first + 1} {first + 2}"
