"""Tells a check that could not run from one that found something. Pure."""

from __future__ import annotations

import re
import signal

from factory.config import GuardrailSpec
from factory.guardrails.excerpt import cut, joined, telling
from factory.model import Outcome, Verdict
from factory.sandbox import Finished

_NOT_FOUND = re.compile(r"(?:^|: )([^\s:]+): (?:command )?not found$", re.MULTILINE)
_NO_MODULE = re.compile(r"^\S{0,200}python[\w.]{0,9}: No module named ([\w.]+)", re.MULTILINE)
_MAKE = re.compile(r"^\S{0,200}make(?:\[\d+\])?: \*\*\* .{0,400}Error (?:126|127)$", re.MULTILINE)


def crash(spec: GuardrailSpec, finished: Finished, text: str) -> Outcome | None:
    """An `error` where the command was ended or its tool is missing; None where it ran.

    A missing tool is never the change's fault, and an agent that is told of it as a failure would
    spend its rounds on a tool that is not installed.
    """
    cause = _cause(spec, finished, text)
    return None if cause is None else broken(cause, text)


def broken(summary: str, text: str = "") -> Outcome:
    """An `error` with that summary, and the telling lines of the output."""
    return Outcome(verdict=Verdict.ERROR, summary=cut(summary), details=joined(telling(text)))


def _cause(spec: GuardrailSpec, finished: Finished, text: str) -> str | None:
    code = finished.exit_code
    if finished.stopped:
        return finished.stopped
    if finished.timed_out or code is None:
        return f"did not end within {spec.timeout:g} s"
    if code == 0:
        return None
    name = _signal(code)
    if name:
        return f"killed by {name}"
    missing = _NO_MODULE.search("\n".join(text.rstrip().rsplit("\n", 5)[-5:]))
    if missing:
        return f"the Python module {missing[1]} is not installed in the environment"
    if code == 127 or _MAKE.search(text):
        found = _NOT_FOUND.findall(text)
        return f"the tool {found[-1]} is missing" if found else "a tool it starts is missing"
    if code == 126:
        return "the command cannot be executed"
    return None


def _signal(code: int) -> str:
    """The signal's name, said by Python as -n and by a shell as 128 + n; else empty."""
    number = -code if code < 0 else code - 128
    return signal.Signals(number).name if number in set(signal.Signals) else ""
