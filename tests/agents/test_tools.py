from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from factory.agents.conversation import NOT_TAKEN
from factory.sandbox import run
from factory.transcript import INTERRUPTED
from tests.agents.bench import KEY, Workplace, claude, spec
from tests.agents.scripted import (
    Reply,
    answers,
    bash,
    calls,
    done,
)
from tests.agents.story import EDITOR, Story, summary


def test_the_shell_keeps_folder_and_variables_until_it_is_restarted(tmp_path: Path) -> None:
    story = Story(
        tmp_path,
        bash("mkdir -p sub && cd sub && export GREETING='two words' && false", "1"),
        bash('pwd; echo "$GREETING"', "2"),
        calls("bash", "3", restart=True),
        bash('pwd; echo "<$GREETING>"', "4"),
        done(),
    )
    story.work()
    failed, kept, restarted, fresh = story.results()
    assert (failed.exit_code, failed.failed) == (1, True)
    assert kept.text == "/worktree/sub\ntwo words\n"
    assert restarted.exit_code == 0
    assert fresh.text == "/worktree\n<>\n"
    assert "(exit code 1)" in story.endpoint.told(1)[0]["content"]


def test_the_key_does_not_enter_the_sandbox(tmp_path: Path) -> None:
    story = Story(tmp_path, bash("env; cat /proc/*/environ /tmp/.[a-z]* /tmp/* 2>&1"), done())
    story.work()
    assert "PATH=" in story.results()[0].text
    assert KEY not in story.results()[0].text


def test_the_same_look_around_would_find_a_key_that_did_enter(tmp_path: Path) -> None:
    said: list[bytes] = []
    profile = Workplace(tmp_path, spec()).desk().profile
    leaky = replace(profile, env=(("ANTHROPIC_API_KEY", KEY),))
    asyncio.run(run(leaky, "env", on_output=said.append))
    assert KEY.encode() in b"".join(said)


def test_long_output_is_whole_for_the_developer_and_cut_for_the_model(tmp_path: Path) -> None:
    story = Story(tmp_path, bash("seq 1 100000"), done())
    story.work()
    result = story.results()[0]
    assert result.text.endswith("\n100000\n")
    assert len(result.text) > 500_000
    content = story.endpoint.told()[0]["content"]
    assert content == result.shown
    assert len(content) < 31_000
    assert content.startswith("1\n2\n")
    assert content.endswith("100000\n")
    assert "left out here" in content


def test_a_command_that_takes_too_long_is_stopped_and_the_model_told(tmp_path: Path) -> None:
    story = Story(tmp_path, bash("echo begun; sleep 86398", timeout=0.5), done())
    story.work()
    result = story.results()[0]
    assert result.exit_code is None
    assert result.failed
    assert "begun\n[stopped after 0.5 s" in result.text


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (calls("teleport", to="moon"), "There is no tool 'teleport': use one of bash"),
        (calls("bash"), "bash needs a command"),
        (bash("x" * 200_000), "too long: write what is in it to a file"),
        (bash("echo \0"), "without NUL"),
        (calls(EDITOR, command="fly", path="a"), "There is no command 'fly'"),
        (calls(EDITOR, command="view", path="/etc/passwd"), "not below /worktree"),
    ],
)
def test_a_call_that_makes_no_sense_is_answered_not_fatal(
    tmp_path: Path, reply: Reply, said: str
) -> None:
    story = Story(tmp_path, reply, done())
    assert summary(story.work()) == "done"
    assert said in story.results()[0].text
    assert story.endpoint.told()[0]["is_error"]


def test_two_calls_of_one_answer_run_in_order(tmp_path: Path) -> None:
    blocks = [
        {"type": "tool_use", "id": str(n), "name": "bash", "input": {"command": f"echo {n} >> log"}}
        for n in range(3)
    ]
    story = Story(tmp_path, answers(*blocks), done())
    began = time.time()
    story.work()
    assert story.place.files() == {"log": "0\n1\n2\n"}
    assert [result.id for result in story.results()] == ["0", "1", "2"]
    assert all(began <= result.at for result in story.results())


def killed(story: Story) -> None:
    """Work until `log` is there, and die."""

    async def work_and_die() -> None:
        async with story.endpoint.listening() as url:
            story.place.spec = spec(base_url=url)
            work = asyncio.create_task(story.place.work(claude()))
            while "log" not in story.place.files():
                await asyncio.sleep(0.01)
                assert not work.done()
            work.cancel()
            await asyncio.wait({work})

    asyncio.run(work_and_die())


def test_a_call_that_was_interrupted_is_told_and_not_run_again(tmp_path: Path) -> None:
    story = Story(tmp_path, bash("echo x >> log; sleep 86397"), done())
    killed(story)
    assert summary(story.work()) == "done"
    assert story.endpoint.told()[0]["content"].startswith(INTERRUPTED)
    assert story.place.files() == {"log": "x\n"}


def test_a_handoff_beside_a_call_that_was_interrupted_is_not_taken(tmp_path: Path) -> None:
    slow = {"command": "echo x >> log; sleep 86398"}
    blocks = [
        {"type": "tool_use", "id": "1", "name": "bash", "input": slow},
        {"type": "tool_use", "id": "2", "name": "handoff", "input": {"summary": "too early"}},
    ]
    story = Story(tmp_path, answers(*blocks), bash("cat log", "3"), done("looked"))
    killed(story)
    assert summary(story.work()) == "looked"
    assert [block["content"] for block in story.endpoint.told(1)] == [INTERRUPTED, NOT_TAKEN]


@pytest.mark.parametrize("contained", [True, False])
def test_the_tools_work_with_and_without_a_sandbox(tmp_path: Path, contained: bool) -> None:
    story = Story(
        tmp_path,
        calls(EDITOR, "1", command="create", path="/worktree/src/a", file_text="one\n"),
        bash("cd /worktree/src && export N=two", "2"),
        bash('cat a; echo "$N"; echo three >> a', "3"),
        calls(EDITOR, "4", command="view", path="/worktree/src/a"),
        done(),
    )
    story.place.contained = contained
    story.work()
    assert story.place.files() == {"src/a": "one\nthree\n"}
    assert [result.text for result in story.results()][2:] == [
        "one\ntwo\n",
        "     1\tone\n     2\tthree",
    ]


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("cat <<'END'\nit's \"so\"\nEND", 0, 'it\'s "so"\n'),
        ("echo one # a remark", 0, "one\n"),
        ("set -e; false; echo never", 1, ""),
        ("exit 7", 7, ""),
        ("trap 'echo bye' EXIT; echo hi", 0, "hi\nbye\n"),
        ("printf '%s' '100%'", 0, "100%"),
        ("cat; echo end of input", 0, "end of input\n"),
        ("(sleep 86396 &) ; echo left", 0, "left\n"),
        ("kill -9 $$", 137, ""),
    ],
)
def test_commands_mean_what_they_mean_in_a_shell(
    tmp_path: Path, command: str, code: int, said: str
) -> None:
    story = Story(tmp_path, bash(command, "1"), bash("echo fine", "2"), done())
    story.work()
    result, after = story.results()
    assert (result.text, result.exit_code) == (said, code)
    assert after.text == "fine\n"
