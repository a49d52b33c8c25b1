"""Why a foreign program could not go on, read from its own words: a table, one reading. Pure."""

from __future__ import annotations

import re
from enum import Enum, auto

from factory.agents.instants import instant
from factory.agents.setbacks import GOES_ON
from factory.config import AgentSpec
from factory.model import AgentError, ParkReason, Struct
from factory.presets import PRESETS, preset_named

_SHOWN = 400
"""Most characters of a program's words in a reason."""


class Why(Enum):
    """What stopped a program."""

    LOGIN = auto()
    CREDIT = auto()
    LIMIT = auto()
    LONG = auto()
    MODEL = auto()
    TURNS = auto()
    BUDGET = auto()
    REACH = auto()


class Program(Struct):
    """What is known of one program beyond its preset."""

    name: str
    asks: str = "events"
    """The flags by which it tells what it does."""
    preset: str = ""
    lost: str = ""
    """How it says that it does not know a session; a pattern."""
    codes: tuple[tuple[int, Why], ...] = ()
    """Exit codes with a meaning of their own."""
    words: tuple[tuple[str, Why], ...] = ()
    """Patterns of its own, looked for before those of all."""


class Failure(Struct):
    """What a program said of its failure."""

    text: str
    why: Why | None = None
    """Where an event named it."""
    status: int | None = None
    """The HTTP status of the model's endpoint."""
    until: float | None = None
    """When a limit ends, as an event told it."""
    hint: Why | None = None
    """What it struggled with last; it counts where nothing else is known."""


COMMON: tuple[tuple[str, Why], ...] = (
    (
        r"credit balance|insufficient[_ ](?:quota|credit|balance|funds)|out of credits?\b"
        r"|billing (?:details|hard limit)|billing_error|payment required|quota exceeded"
        r"|exceeded your current quota|spend(?:ing)? (?:limit|cap)|credits_required",
        Why.CREDIT,
    ),
    (
        r"usage limit|(?:session|weekly|daily|rate|hit your|hourly|request)[ _-]limit|overloaded"
        r"|too many requests|resource_exhausted|quota will reset|rate_limit|at capacity|\b429\b"
        r"|\b(?:500|502|503|504|529)\b [A-Z]|internal server error|service unavailable",
        Why.LIMIT,
    ),
    (
        r"(?:prompt|input|context|conversation|request)\b.{0,40}too (?:long|large)"
        r"|context[_ ]length|context[ _]window|maximum context|contextoverflow"
        r"|ran out of room|input token count.{0,20}exceeds",
        Why.LONG,
    ),
    (
        r"/login|/auth\b|invalid (?:x-)?api.?key|not (?:logged|signed) in|please (?:log|sign) in"
        r"|log in again|authentication[_ ](?:error|failed)|unauthenticated|unauthorized"
        r"|invalid auth|no auth type|auth method|api key (?:not|is missing|expired)|missing api key"
        r"|invalid_grant|token (?:has )?expired|refresh token|providerautherror|incorrect api key"
        r"|invalid bearer|\b401\b",
        Why.LOGIN,
    ),
    (
        r"model[_ ]not[_ ]found|issue with the selected model|unknown model|unsupported model"
        r"|model .{0,60}(?:does not exist|not found|not supported|is not available)"
        r"|no such model|not_found_error|providermodelnotfound|^(?:\[API Error: )?(?:404 )?model: ",
        Why.MODEL,
    ),
    (
        r"connection (?:refused|error|reset)|econnrefused|enotfound|fetch failed|failed to lookup"
        r"|network (?:error|is unreachable)|getaddrinfo|stream disconnected|error sending request"
        r"|other side closed|socket hang up|API Error: terminated|connection lost",
        Why.REACH,
    ),
)
"""What most programs and endpoints say. Credit before limits: both come with status 429."""

_MESSAGE = re.compile(r'"message":\s*"((?:[^"\\]|\\.){1,2000})"')
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_SIGNALS = {134: "SIGABRT", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}
_MISSING = re.compile(
    r"(?:^|[ :])([\w./+-]+): (?:command )?not found$|([\w./+-]+): No such file or directory$"
    r"|can't open '?([\w./+-]+)",
    re.MULTILINE,
)


def failure(program: Program, spec: AgentSpec, said: Failure, now: float) -> AgentError:
    """What to raise for what it said; `until` is None where a limit names no time."""
    text = _plainly(said.text) or "it failed without a word"
    told = (
        f"{spec.name}: {text.rstrip('.') if len(text) <= _SHOWN else text[:_SHOWN].rstrip() + ' …'}"
    )
    why = reason(program, said)
    until = instant(said.text, now) or said.until
    if why is Why.CREDIT and until is not None and until > now:
        why = Why.LIMIT
    match why:
        case Why.LIMIT | Why.REACH:
            until = until if until is not None and until > now else None
            return AgentError(told + GOES_ON, reason=ParkReason.RATE_LIMITED, until=until)
        case Why.CREDIT:
            return AgentError(
                f"{told}; add credit or raise the limit of the account, then resume the task",
                reason=ParkReason.BUDGET,
            )
        case Why.BUDGET:
            return AgentError(f"{told}; raise --max-budget-usd in `run`", reason=ParkReason.BUDGET)
        case Why.LONG:
            return AgentError(
                f"{told}; the conversation no longer fits the model: end the task and queue "
                "smaller ones",
                reason=ParkReason.STUCK,
            )
        case Why.TURNS:
            return AgentError(f"{told}; tell it how to go on", reason=ParkReason.STUCK)
        case Why.MODEL:
            return AgentError(
                f"{told}; correct `model` of agent {spec.name!r} in factory.toml, or its `run`, "
                "then resume the task"
            )
        case Why.LOGIN:
            return AgentError(f"{told}; {_sign_in(program, spec)}, then resume the task")
        case None:
            return AgentError(f"{told}; see its transcript, then resume the task")


def ended(
    program: Program, spec: AgentSpec, printed: str, code: int | None, now: float
) -> AgentError | None:
    """What to raise where only exit code and last lines tell; None where they tell nothing."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    last = lines[-1][:_SHOWN] if lines else ""
    for known, why in program.codes:
        if code == known:
            return failure(program, spec, Failure(text=last, why=why), now)
    if code == 127:
        return AgentError(_missing(printed, program, spec))
    if code in _SIGNALS:
        said = f": {last}" if last else ""
        return AgentError(
            f"{spec.name} was ended by {_SIGNALS[code]} (exit code {code}{said}); if memory was "
            "short, let fewer agents work at once (`agents_at_once`); then resume the task"
        )
    for line in reversed(lines):
        if reason(program, Failure(text=line)) is not None:
            return failure(program, spec, Failure(text=line), now)
    return None


def reason(program: Program, said: Failure) -> Why | None:
    """What stopped it: what an event named, then the status, its own words, those of all."""
    if said.why is not None and (said.why is not Why.LIMIT or not _has(COMMON[0][0], said.text)):
        return said.why
    found = next((why for words, why in program.words + COMMON if _has(words, said.text)), None)
    if found is not None:
        return found
    match said.status:
        case 401 | 403:
            return Why.LOGIN
        case 402:
            return Why.CREDIT
        case 413:
            return Why.LONG
        case int() as status if status == 429 or 500 <= status < 600:
            return Why.LIMIT
        case _:
            return said.hint


def _plainly(text: str) -> str:
    """The message in an error that is told as JSON; else all of it, without colours."""
    found = _MESSAGE.search(text) if "{" in text else None
    return " ".join((found[1] if found else _COLOURS.sub("", text)).split())


def lost(program: Program, text: str) -> bool:
    """Whether the program says that it does not know the session it was to resume."""
    return bool(program.lost) and _has(program.lost, text)


def _has(words: str, text: str) -> bool:
    return re.search(words, _COLOURS.sub("", text), re.IGNORECASE | re.MULTILINE) is not None


def _missing(printed: str, program: Program, spec: AgentSpec) -> str:
    found = _MISSING.search(printed)
    name = next((part for part in found.groups() if part), "") if found else ""
    base = name.rsplit("/", 1)[-1] or program.name
    forms = (form for preset in PRESETS for form in preset.forms)
    install = next((form.install for form in forms if form.program == base), "")
    way_out = f"install it with `{install}`" if install else "install it"
    return (
        f"The command of agent {spec.name!r} ended with exit code 127: {base} is not there in its "
        f"sandbox; {way_out}, or put its folder into environment.toolchain and environment.path, "
        "run `factory-tui engine restart`, then resume the task"
    )


def _sign_in(program: Program, spec: AgentSpec) -> str:
    preset = preset_named(spec.preset or program.preset)
    if preset is None or not preset.sign_in:
        return "sign in by running the program once in a terminal"
    words = f"sign in by running `{preset.sign_in}` in a terminal"
    if not (spec.login or spec.config):
        words += ", and let the agent have its login (`login` in factory.toml)"
    if preset.handed:
        words += f", or set {preset.handed[0]} and run `factory-tui engine restart`"
    return words
