"""What a program is allowed that asks leave over the Agent Client Protocol. Pure.

The sandbox holds whatever is allowed here. An answer of the developer's is in the transcript, and
counts for the very same request again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from factory.config import AgentSpec
from factory.entry import AnyEntry, Origin, Prompt, Question, Remark
from factory.model import Struct

ONCE, ALWAYS, REFUSE = "allow once", "allow always", "refuse"
OPTIONS = (ONCE, ALWAYS, REFUSE)
_MARK = "permission: "
_KINDS = {
    ONCE: ("allow_once", "allow_always"),
    ALWAYS: ("allow_always", "allow_once"),
    REFUSE: ("reject_once", "reject_always"),
}
_SHOWN = 300
CANCELLED: dict[str, Any] = {"outcome": {"outcome": "cancelled"}}


class Wish(Struct):
    """What a program asks leave for."""

    text: str
    """In one line: the command, or the file. Different requests differ in it."""
    options: tuple[tuple[str, str], ...] = ()
    """The answers that it offers: kind and id."""

    @property
    def id(self) -> str:
        """Of the question, by which its answer is found again."""
        return f"{_MARK}{self.text}"


def wish(given: Mapping[str, Any], exact: str) -> Wish:
    """The parameters of a request as data; what has no kind and no id is left out.

    `exact` is what it asks leave for, in its own words.
    """
    offered = given.get("options")
    options = [one for one in offered if isinstance(one, dict)] if isinstance(offered, list) else []
    return Wish(
        text=_line(exact),
        options=tuple(
            (one["kind"], one["optionId"])
            for one in options
            if isinstance(one.get("kind"), str) and isinstance(one.get("optionId"), str)
        ),
    )


def _line(exact: str) -> str:
    """A text in one line. What is not seen of it, it names: leave is for the very same words."""
    shown = " ⏎ ".join(" ".join(row.split()) for row in exact.strip().splitlines())
    if shown == exact.strip() and len(shown) <= _SHOWN:
        return shown or "do something that it does not name"
    more = f" … {len(exact)} characters" if len(shown) > _SHOWN else ""
    mark = hashlib.sha256(exact.encode(errors="replace")).hexdigest()[:12]
    return f"{shown[:_SHOWN]}{more} [{mark}]"


def decided(
    asked: Wish, spec: AgentSpec, history: Sequence[AnyEntry], used: Collection[str]
) -> str:
    """One of OPTIONS, or empty where the developer must be asked.

    `used` are the ids of what was allowed once in this run: an answer counts for one request.
    """
    if spec.permissions == "allow":
        return ONCE
    answers = _answers(asked.id, history)
    if ALWAYS in answers:
        return ALWAYS
    return answers[-1] if answered(history) == asked.text and asked.id not in used else ""


def outcome(asked: Wish, decision: str) -> dict[str, Any]:
    """The result of the request. Programs name their answers freely, so their kinds decide."""
    for kind in _KINDS[decision]:
        for offered, name in asked.options:
            if offered == kind:
                return {"outcome": {"outcome": "selected", "optionId": name}}
    return CANCELLED


def question(asked: Wish, spec: AgentSpec, at: float) -> Question:
    """What the developer is asked."""
    return Question(at=at, id=asked.id, text=f"{spec.name} asks to: {asked.text}", options=OPTIONS)


def answered(history: Sequence[AnyEntry]) -> str:
    """What was asked leave for last, where the newest words answer it; else empty."""
    told = False
    for entry in reversed(history):
        match entry:
            case Question(id=name) if told:
                return name.removeprefix(_MARK) if name.startswith(_MARK) else ""
            case Prompt(origin=Origin.DEVELOPER):
                told = True
            case Remark():  # where it went, say, of the run that asked
                pass
            case _:
                return ""
    return ""


def _answers(name: str, history: Sequence[AnyEntry]) -> list[str]:
    """The developer's decisions on this very request, oldest first. Other words refuse it.

    What was said before it asked, and not heard by then, may stand in front of the answer.
    """
    found: list[str] = []
    asked = told = False
    for entry in history:
        match entry:
            case Question(id=id_):
                asked, told = id_ == name, False
            case Prompt(text=text, origin=Origin.DEVELOPER) if asked:
                if not told:
                    found.append(REFUSE)
                if text in OPTIONS:
                    found[-1] = text
                told = True
            case Remark() | Prompt():
                pass
            case _:
                asked = False
    return found
