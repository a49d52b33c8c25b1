from __future__ import annotations

import json
import signal
import subprocess  # noqa: TID251 - what is loaded, and whose code runs, shows in a new process only
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from factory import wire
from tests.developer import Developer
from tests.shell import Shell
from tests.stage import Stage
from tests.works import rail, settings

CONTROLS = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))} - {"\n", "\t"}


def note(name: str) -> str:
    """A task file with one task, whose agent writes one file."""
    return f"## {name}\n\necho hello > {name}.txt\n"


@pytest.fixture
def shell(developer: Developer) -> Iterator[Shell]:
    """A shell in a repository with a factory.toml; its engine is stopped in the end."""
    developer.commit({"factory.toml": settings(rail("clean", "! grep -rn BAD *.txt"))})
    found = Shell(developer.path)
    yield found
    found("engine", "stop", "--at-once")


def queued(shell: Shell, text: str) -> None:
    shell.done("add", "-f", "-", given=text)


def ready(shell: Shell, text: str) -> None:
    queued(shell, text)
    assert shell("run", "--until-idle", "--timeout", "60").code == 3


# --- the whole way


def test_a_run_prints_what_happens(shell: Shell) -> None:
    queued(shell, "## slow\n\nsleep 1\necho hello > slow.txt\n")
    ran = shell("run", "--until-idle", "--timeout", "60")
    assert ran.code == 3
    assert "slow ready" in ran.out
    assert shell("status", "--short").code == 0  # another's engine is left alone


def test_a_task_goes_from_a_line_to_the_target_and_back(shell: Shell, developer: Developer) -> None:
    assert shell.done("add", "-f", "-", given=note("one")) == "queued one  one\n"
    shell.done("engine", "stop")
    ran = shell("run", "--until-idle", "--timeout", "60")
    assert ran.code == 3
    assert "✓ one" in ran.out
    assert "green on" in ran.out
    assert shell("status", "--short").code == 4  # `run` has stopped the engine that it started

    shell.done("engine", "restart")
    assert shell.done("status", "--short").startswith("✓1  ")
    assert "green on" in shell.done("show", "one")
    assert "+hello" in shell.done("show", "one", "--diff").splitlines()
    assert "clean  pass" in shell.done("show", "one", "--evidence")
    assert "handoff" in shell.done("log", "one")

    tree = json.loads(shell.done("show", "one", "--json"))["view"]["change"]["tree"]
    wrong = shell("accept", "one", "--tree", "0000000")
    assert (wrong.code, wrong.out) == (1, "")
    assert tree[:7] in wrong.err
    assert f"tree {tree}" in shell.done("accept", "one", "--tree", tree[:9])
    assert shell("run", "--until-idle", "--timeout", "60").code == 0
    assert developer.shows("one.txt") == "hello"

    assert "undo-one reverts one" in shell.done("undo", "one")
    assert shell("run", "--until-idle", "--timeout", "60").code in (0, 3)
    assert "landed" in shell.done("status", "--all")


def test_feedback_reject_stop_and_resume_keep_the_work(shell: Shell) -> None:
    shell.done("engine", "restart")
    ready(shell, note("one"))
    silent = shell("feedback", "one")
    assert (silent.code, silent.out) == (2, "")
    shell.done("feedback", "one", "-m", "-", given="echo more > two.txt")
    assert shell("run", "--until-idle", "--timeout", "60").code == 3
    shell.done("reject", "one", "-m", "not now")
    assert "rejected" in shell.done("status", "--plain").split("\t")
    shell.done("resume", "one")
    assert shell("run", "--until-idle", "--timeout", "60").code == 3
    shell.done("stop", "one")
    assert "stopped" in shell.done("status", "--plain").split("\t")
    kinds = [json.loads(line)["kind"] for line in shell.done("log", "--json").splitlines()]
    assert {"feedback", "rejected", "resumed", "stopped"} <= set(kinds)


def test_a_waiver_needs_a_reason_and_names_one_tree(shell: Shell, developer: Developer) -> None:
    shell.done("engine", "restart")
    agent = "[agents.stubborn]\nkind = 'command'\nrun = 'echo BAD > one.txt'\n"
    rails = rail("clean", "! grep -rn BAD *.txt")
    developer.commit(
        {"factory.toml": settings(rails, top="rounds = 1", agents=agent, agent="stubborn")}
    )
    ready(shell, note("one"))
    assert "stuck" in shell.done("status")
    assert shell("waive", "one", "clean").code == 2
    assert shell("waive", "one", "other", "-m", "because").code == 1
    waived = shell.done("waive", "one", "clean", "-m", "a known name")
    assert waived.startswith("~ clean does not count for tree ")


def test_titles_become_tasks_and_overlaps_are_said(shell: Shell) -> None:
    said = shell("add", "--hold", "--paths", "src", "--", "first thing", "second thing")
    assert said.code == 0
    assert said.out.splitlines() == [
        "held first-thing  first thing",
        "held second-thing  second thing",
    ]
    assert "first-thing may touch the same files as second-thing" in said.err
    assert "held back" in shell.done("status")
    shell.done("budget", "first", "$3, 10 min")
    assert "$3, 10 min" in shell.done("show", "first-thing")


def test_init_offers_factory_toml_and_refuses_where_there_is_one(developer: Developer) -> None:
    shell = Shell(developer.path)
    try:
        printed = shell.done("init", "--no-measure", "--print", "--day-usd", "7")
        assert "day_usd = 7" in printed
        assert shell.done("status", "--plain") == ""
        dear = shell("init", "--no-measure", "--task-usd", "9", "--day-usd", "7")
        assert (dear.code, "is above the day's" in dear.err) == (2, True)
        developer.commit({"factory.toml": settings()})
        shell.done("engine", "restart")
        again = shell("init", "--no-measure")
        assert (again.code, "has a factory.toml already" in again.err) == (1, True)
    finally:
        shell("engine", "stop", "--at-once")


def test_at_a_terminal_init_asks_for_the_caps(developer: Developer) -> None:
    shell = Shell(developer.path)
    try:
        said = shell.at_terminal("init", "--no-measure", "--print", typed="none\n3\n\n\n")
        assert said.code == 0
        assert "a number above 0, please" in said.out
        assert "task_usd = 3" in said.out
        assert "day_usd = 20" in said.out
    finally:
        shell("engine", "stop", "--at-once")


# --- bad input


def not_a_repository(home: Path) -> Path:
    (home / "plain").mkdir()
    return home / "plain"


def without_commits(home: Path) -> Path:
    folder = home / "empty"
    subprocess.run(("git", "init", "-q", "-b", "main", str(folder)), check=True)
    return folder


def with_a_wrong_file(home: Path) -> Path:
    developer = Developer(home / "wrong")
    developer.commit({"factory.toml": "targt = 'main'\n[budget\n"})
    return developer.path


@pytest.mark.parametrize(
    ("folder", "words", "code", "sentence"),
    [
        (not_a_repository, ("status",), 2, "is not inside a git repository; go to one"),
        (not_a_repository, ("add", "a thing"), 2, "is not inside a git repository; go to one"),
        (not_a_repository, ("engine",), 2, "is not inside a git repository; go to one"),
        (not_a_repository, ("--repo", "/nowhere/at/all", "log"), 2, "is not a folder"),
        (without_commits, ("add", "a thing"), 2, "has no commits yet; make a first one"),
        (without_commits, ("run", "--until-idle"), 2, "has no commits yet; make a first one"),
        (with_a_wrong_file, ("status",), 4, "no engine runs for"),
        (with_a_wrong_file, ("add",), 2, "say what is to be done"),
        (with_a_wrong_file, ("add", "fix", "the", "login"), 2, "is this one task or 3?"),
        (with_a_wrong_file, ("add", "-f", "none.md"), 2, "none.md cannot be read"),
        (with_a_wrong_file, ("add", "-f", "x", "a thing"), 2, "not both"),
        (with_a_wrong_file, (), 2, "the screen needs a terminal"),
        (with_a_wrong_file, ("demo",), 2, "the demo's screen needs a terminal"),
        (with_a_wrong_file, ("engine", "halt"), 2, "invalid choice: 'halt'"),
        (with_a_wrong_file, ("status", "--short", "--json"), 2, "not allowed with"),
        (with_a_wrong_file, ("run", "--timeout", "soon"), 2, "invalid"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(
    home: Path, folder: object, words: tuple[str, ...], code: int, sentence: str
) -> None:
    assert callable(folder)
    said = Shell(folder(home))(*words)
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err
    assert "Traceback" not in said.err
    usage = said.err.startswith("usage: ")
    assert usage or (said.err.startswith("factory-tui: ") and said.err.count("\n") == 1)


def test_a_wrong_factory_toml_is_named_and_starts_nothing(home: Path) -> None:
    shell = Shell(with_a_wrong_file(home))
    try:
        queued(shell, note("one"))
        ran = shell("run", "--until-idle", "--timeout", "30")
        assert ran.code == 3
        assert "factory.toml" in ran.out
    finally:
        shell("engine", "stop", "--at-once")


def test_a_task_that_is_not_there_is_named_with_the_way_out(shell: Shell) -> None:
    queued(shell, note("one-a") + note("one-b"))
    for words in (("show", "two"), ("say", "two", "x"), ("accept", "two"), ("undo", "two")):
        said = shell(*words)
        assert (said.code, said.out) == (1, "")
        assert said.err == (
            "factory-tui: there is no task two; `factory-tui status --all` lists them\n"
        )
    assert "several tasks: one-a, one-b" in shell("show", "one").err


def test_mistakes_in_a_task_file_are_named_by_line_and_nothing_is_queued(shell: Shell) -> None:
    said = shell("add", "-f", "-", given="## one\nbudget: much\n\n## two\nhold: maybe\n")
    assert said.code == 2
    assert "line 2: a budget is" in said.err
    assert "line 5: `hold:`" in said.err
    shell.done("engine", "restart")
    assert shell.done("status", "--plain") == ""


# --- engines


def test_what_only_looks_never_starts_an_engine(shell: Shell) -> None:
    for words in (("status",), ("log",), ("show", "one"), ("status", "--json")):
        said = shell(*words)
        assert (said.code, said.out) == (4, "")
        assert "no engine runs for" in said.err
    assert (shell("status", "--short").code, shell("status", "--short").out) == (4, "off\n")
    assert "none runs" in shell.done("doctor")
    shell.done("add", "--hold", "a thing")  # the control: what changes something does start one
    assert shell("status").code == 0


def test_a_second_engine_says_that_one_runs(shell: Shell) -> None:
    shell.done("engine", "restart")
    second = shell("engine")
    assert second.code == 4
    assert "an engine already runs for" in second.err


@contextmanager
def another_version(developer: Developer) -> Iterator[None]:
    """Something answers on the engine's socket, but speaks a later protocol."""
    stage = Stage(hello=wire.Hello(protocol=99, version="9.0.0", pid=1, repository="x"))
    socket = str(developer.place.socket)
    server = uvicorn.Server(uvicorn.Config(stage.asgi(), uds=socket, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive()
        yield
    finally:
        server.should_exit = True
        thread.join()


def test_an_engine_of_another_version_is_named_and_not_spoken_to(developer: Developer) -> None:
    shell = Shell(developer.path)
    with another_version(developer):
        for words in (("status",), ("add", "a thing"), ("accept", "x"), ("run", "--until-idle")):
            said = shell(*words)
            assert (said.code, said.out) == (4, "")
            assert "version 9.0.0 and speaks protocol 99" in said.err
            assert "`factory-tui engine restart`" in said.err
        assert "✗ engine: version 9.0.0" in shell("doctor").out


def test_a_service_gets_the_path_but_never_a_key(shell: Shell, home: Path) -> None:
    said = shell("engine", "--install", env={"ANTHROPIC_API_KEY": "sk-very-secret"})
    assert said.code == 0
    wrote, enable, *_ = said.out.splitlines()
    text = Path(wrote.removeprefix("wrote ")).read_text()
    assert str(home / "state") in text
    assert "very-secret" not in text
    assert enable.startswith("enable: ")


def test_tasks_that_take_too_long_end_a_run_with_a_sentence(shell: Shell) -> None:
    shell.done("engine", "restart")
    queued(shell, "## slow\n\nsleep 600\n")
    said = shell("run", "--until-idle", "--timeout", "1")
    assert said.code == 1
    assert "after 1 s these still run: slow" in said.err


def test_doctor_says_what_is_broken(shell: Shell, home: Path) -> None:
    said = shell("doctor", "--json")
    parts = {found["part"]: found["health"] for found in json.loads(said.out)}
    assert parts["git"] == parts["repository"] == parts["factory.toml"] == "fine"
    wrong = Shell(with_a_wrong_file(home))("doctor")
    assert wrong.code == 1
    assert "✗ factory.toml: " in wrong.out


# --- pipes, terminals, signals


def test_a_reader_that_goes_away_is_no_mistake(shell: Shell) -> None:
    queued(shell, note("one"))
    process = shell.begun("log", "--follow")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() != ""
    process.stdout.close()
    queued(shell, note("two"))
    assert process.wait(30) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


def test_ctrl_c_ends_a_follower_without_a_word(shell: Shell) -> None:
    queued(shell, note("one"))
    process = shell.begun("log", "--follow")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")


HOSTILE = "clear\x1b[2J\x07 and \x9b31m \u202ered"


def test_foreign_text_reaches_no_pipe_as_a_control(shell: Shell) -> None:
    queued(shell, f"## {HOSTILE}\n@{HOSTILE.split()[0]}\nhold: yes\n\n{HOSTILE}\n")
    for words in (("status",), ("status", "--plain"), ("status", "--json"), ("log",)):
        printed = shell.done(*words)
        assert not set(printed) & CONTROLS
        assert "\u202e" not in printed
    name = shell.done("status", "--plain").split("\t")[0]
    printed = shell.done("show", name)
    assert "and" in printed
    assert not set(printed) & CONTROLS


def test_colour_is_for_terminals_without_no_color(shell: Shell) -> None:
    ready(shell, note("one"))
    shell.done("engine", "restart")
    assert "\x1b[32m✓\x1b[0m one" in shell.at_terminal("status").out
    assert "\x1b" not in shell.at_terminal("status", env={"NO_COLOR": "1"}).out
    assert "\x1b" not in shell.done("status")


def test_at_a_terminal_an_accept_asks_and_enter_is_no(shell: Shell, developer: Developer) -> None:
    ready(shell, note("one"))
    shell.done("engine", "restart")
    declined = shell.at_terminal("accept", "one", typed="\n")
    assert declined.code == 1
    assert "one stays in the Inbox" in declined.out
    accepted = shell.at_terminal("accept", "one", typed="y\n")
    assert (accepted.code, "accepted one" in accepted.out) == (0, True)
    assert shell("run", "--until-idle", "--timeout", "60").code == 0
    assert developer.shows("one.txt") == "hello"


def test_without_a_terminal_nothing_is_asked(shell: Shell) -> None:
    ready(shell, note("one"))
    shell.done("engine", "restart")
    assert "accepted one" in shell.done("accept", "one")


# --- whose code runs


def test_a_hostile_factory_in_the_repository_is_not_imported(
    shell: Shell, developer: Developer
) -> None:
    mark = developer.path / "taken"
    for package in ("factory", "tui"):
        developer.write({f"{package}/__init__.py": f"open({str(mark)!r}, 'w').close()\n"})
    queued(shell, note("one"))
    assert shell("run", "--until-idle", "--timeout", "60").code == 3
    shell("doctor")
    assert not mark.exists()
    bare = [sys.executable, "-c", "import factory"]  # the control: Python alone would take it
    subprocess.run(bare, cwd=developer.path, check=True)
    assert mark.exists()


# --- several agents


def test_several_agents_attempt_one_task_and_one_hands_over_to_another(shell: Shell) -> None:
    shell.done("engine", "restart")
    twice = shell("add", "one", "--agents", "reader,reader")
    assert (twice.code, "names an agent twice" in twice.err) == (2, True)
    queued(shell, "## held\n\nexit 3\n")
    given = shell.done("add", "touch mine", "--agents", "reader,script")
    assert given == "queued touch-mine  touch mine\nqueued touch-mine-2, touch-mine by script\n"
    assert shell("run", "--until-idle", "--timeout", "60").code == 3
    views = {one["task"]["id"]: one for one in json.loads(shell.done("status", "--json"))["tasks"]}
    assert views["touch-mine"]["task"]["agent"] == "reader"
    assert views["touch-mine-2"]["task"]["agent"] == "script"
    assert views["touch-mine"]["rivals"] == ["touch-mine-2"]

    parked = shell("hand", "held", "script")
    assert (parked.code, "is script's already" in parked.err) == (1, True)
    assert shell.done("hand", "held", "reader", "-m", "once more") == (
        "reader goes on with held, from where script was\n"
    )
