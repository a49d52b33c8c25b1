from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from factory.discretion import OPEN, Discreet, Discretion, granted, keys
from factory.entry import Remark
from factory.store import Store
from factory.transcript import Transcript

KEY = "sk-ant-9f2c71aa03d4"
HIDING = Discretion({"ANTHROPIC_API_KEY": KEY})


@pytest.mark.parametrize(
    "name",
    ["ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PGPASSWORD", "CI_PAT"],
)
def test_a_key_is_known_by_its_variables_name(name: str) -> None:
    assert keys({name: KEY, "PATH": "/bin", "EMPTY_TOKEN": ""}) == {name: KEY}


def test_a_key_stands_by_its_name_wherever_it_would_be_written() -> None:
    said = f"401: {KEY} is not a key, {KEY}!"
    assert HIDING.text(said) == "401: [ANTHROPIC_API_KEY] is not a key, [ANTHROPIC_API_KEY]!"
    assert HIDING.data(said.encode()) == HIDING.text(said).encode()
    assert HIDING.value(7) == 7


@pytest.mark.parametrize("value", ["created_at", "1", "main", "x1"])
def test_a_word_that_any_text_may_hold_is_no_key(value: str) -> None:
    text = f"sort by {value}"
    assert Discretion({"SORT_KEY": value}).text(text) == text


def test_the_longer_of_two_keys_is_hidden_whole() -> None:
    both = Discretion({"A_KEY": "abcdef12", "B_KEY": "abcdef1234"})
    assert both.text("abcdef1234 abcdef12") == "[B_KEY] [A_KEY]"


def test_a_key_that_is_learned_of_later_is_hidden_too() -> None:
    learned = Discretion({})
    learned.learn({"MY_MODEL": KEY})
    assert learned.text(KEY) == "[MY_MODEL]"


def test_no_row_holds_a_key(tmp_path: Path) -> None:
    for hiding, held in ((HIDING, False), (OPEN, True)):
        path = tmp_path / f"{held}.db"
        store = Store(path, now=lambda: 0.0, discretion=hiding)
        store.journal.say("parked", task="t", text=f"refused: {KEY}")
        store.close()
        assert (KEY.encode() in path.read_bytes()) is held


def test_no_transcript_holds_a_key(tmp_path: Path) -> None:
    for hiding, held in ((HIDING, False), (OPEN, True)):
        transcript = Transcript(tmp_path / f"{held}.jsonl", hiding)
        size = transcript.append(Remark(text=f"refused: {KEY}"))
        transcript.close()
        written = transcript.path.read_bytes()
        assert (KEY.encode() in written) is held
        assert len(written) == size


def test_a_key_that_json_writes_otherwise_is_in_no_transcript_either(tmp_path: Path) -> None:
    settings = '{"provider": {"key": "k1"}}'
    transcript = Transcript(tmp_path / "t.jsonl", Discretion({"SETTINGS": settings}))
    transcript.append(Remark(text=f"it has {settings}"))
    transcript.close()
    assert transcript.entries() == [Remark(text="it has [SETTINGS]")]


def test_what_agents_are_given_may_be_a_key_and_a_path_is_none() -> None:
    given = {"SETTINGS": KEY, "GOROOT": "/usr/lib/go-1.22", "EMPTY": "", "OTHER": KEY}
    assert granted(["SETTINGS", "GOROOT", "EMPTY", "GONE"], given) == {"SETTINGS": KEY}


def test_no_line_of_the_log_holds_a_key() -> None:
    try:
        raise ValueError(f"the endpoint said {KEY}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "it broke", None, sys.exc_info())
    said = Discreet("%(message)s", HIDING).format(record)
    assert "the endpoint said [ANTHROPIC_API_KEY]" in said
    assert KEY in Discreet("%(message)s", OPEN).format(record)
