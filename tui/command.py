"""`factory-tui`: what may be typed, and which room carries it out.

Every verb names its function as `module:function`, imported only when it is used: a status line
must not wait for Textual. A function gets the console, the folder and its options by name.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from factory import __version__
from factory.model import AcceptRule, CommentKind, FactoryError
from tui.commands.console import Console

EXIT_CODES = """\
exit codes:
  0    done; nothing waits for you
  1    refused or failed
  2    the command line, the repository or factory.toml has a mistake
  3    something needs you (run), or there is no sandbox for unattended work
  4    the engine: it does not answer, is of another version, or runs already
  130  interrupted     141  the reader of a pipe went away
"""
INTERRUPTED = 130
PIPE_CLOSED = 141
_NOT_OPTIONS = ("function", "repo", "verb", "until_idle")


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line; returns its exit code. Never raises for a user's mistake."""
    options = vars(_parser().parse_args(argv))
    console = Console.of_process(os.environ)
    start = Path(options["repo"]).absolute()
    chosen = {name: value for name, value in options.items() if name not in _NOT_OPTIONS}
    try:
        code = _carry_out(options["function"], console, start, chosen)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _failed(console, _cause(error))


def _carry_out(function: str, console: Console, start: Path, options: dict[str, object]) -> int:
    module, _, name = function.partition(":")
    call: Callable[..., object] = getattr(importlib.import_module(f"tui.commands.{module}"), name)
    result = call(console, start, **options)
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    return result if isinstance(result, int) else 0


def _cause(error: BaseException) -> BaseException:
    """What went wrong first, out of the groups that asyncio's TaskGroup raises."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _failed(console: Console, error: BaseException) -> int:
    """Say what went wrong in one sentence on stderr; the exit code for it."""
    match error:
        case BrokenPipeError():
            # Else Python complains on its way out that it cannot flush what nobody reads.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return PIPE_CLOSED
        case FactoryError():
            console.note(f"factory-tui: {error}")
            return error.exit_code
        case OSError():
            name = f"{error.filename}: " if error.filename else ""
            console.note(f"factory-tui: {name}{error.strerror or error}")
            return 1
        case _:
            if os.environ.get("FACTORY_TUI_TRACEBACK"):
                raise error
            console.note(
                f"factory-tui: a mistake of ours, {type(error).__name__}: {error}; "
                "FACTORY_TUI_TRACEBACK=1 shows where"
            )
            return 1


# --- what may be typed ---------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="factory-tui",
        description="Agents in parallel, guardrails they cannot touch, a diff inbox. "
        "Without a verb: open the screen.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--repo", metavar="DIR", default=".", help="the repository (default: here)")
    parser.add_argument("--version", action="version", version=f"factory-tui {__version__}")
    parser.set_defaults(function="screen:open_screen")
    verbs = Verbs(parser)
    _begin(verbs)
    _give(verbs)
    _look(verbs)
    _decide(verbs)
    _operate(verbs)
    return parser


class Verbs:
    """Adds verbs to a parser, each with what all of them share."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._added = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")

    def add(self, name: str, function: str, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's own word
        """A verb that `function` (`module:name`) carries out."""
        verb = self._added.add_parser(
            name, help=help, description=help, allow_abbrev=False, epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        verb.add_argument(
            "--repo", metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
        verb.set_defaults(function=function)
        return verb


def _begin(verbs: Verbs) -> None:
    init = verbs.add("init", "setup:init", "propose factory.toml and put it into the Inbox")
    init.add_argument("--task-usd", type=_money, metavar="USD", help="cap of one task")
    init.add_argument("--day-usd", type=_money, metavar="USD", help="cap of one day")
    init.add_argument("--agent", default="", help="the agent to use")
    init.add_argument("--yes", action="store_true", help="ask nothing")
    init.add_argument(
        "--no-measure", dest="measure", action="store_false", help="do not run the guardrails"
    )
    init.add_argument(
        "--print", dest="print_only", action="store_true", help="print the file, change nothing"
    )
    doctor = verbs.add("doctor", "doctor:doctor", "say what is missing or broken on this machine")
    doctor.add_argument("--profiles", action="store_true", help="print the sandbox profiles")
    doctor.add_argument(
        "--sandbox", action="store_true", help="try every way out of the sandbox, a few seconds"
    )
    doctor.add_argument("--json", dest="as_json", action="store_true")
    agents = verbs.add("agents", "agents:agents", "the agent programs there are, and their record")
    agents.add_argument("--json", dest="as_json", action="store_true")
    demo = verbs.add("demo", "demo:demo", "watch six recorded tasks in a sample project")
    demo.add_argument("--headless", action="store_true", help="play the developer too")


def _give(verbs: Verbs) -> None:
    add = verbs.add("add", "queue:add", "queue tasks; a title each, or a file of them")
    add.add_argument("titles", nargs="*", metavar="TITLE", help="one task each, in quotes")
    add.add_argument("-f", "--file", default="", help="one task a line, or `##` a task; - is stdin")
    add.add_argument("--agent", default="", help="an agent of factory.toml")
    add.add_argument(
        "--agents", default="", metavar="A,B", help="each attempts it; the best is kept"
    )
    add.add_argument("--paths", nargs="+", default=(), metavar="PATH", help="where to work")
    add.add_argument("--after", nargs="+", default=(), metavar="TASK", help="what lands first")
    add.add_argument("--accept", type=AcceptRule, choices=list(AcceptRule), default=None)
    add.add_argument("--budget-usd", type=_money, metavar="USD")
    add.add_argument("--hold", action="store_true", help="queue as a draft")
    again = verbs.add("again", "queue:again", "start another, independent attempt at a task")
    again.add_argument("name", metavar="TASK")
    again.add_argument("--agent", default="", help="another agent of factory.toml")
    hand = verbs.add("hand", "queue:hand", "give a task to another agent, with its files")
    hand.add_argument("name", metavar="TASK")
    hand.add_argument("agent", metavar="AGENT", help="another agent of factory.toml")
    hand.add_argument("-m", dest="text", default="", metavar="TEXT", help="- reads it from stdin")
    say = verbs.add("say", "queue:say", "steer an agent, or answer its question")
    say.add_argument("name", metavar="TASK")
    say.add_argument("text", metavar="TEXT", help="or an answer's number; - reads it from stdin")
    for name, sentence in (
        ("pause", "stop agents between their turns"),
        ("resume", "let held, parked, stopped or rejected tasks go on"),
        ("stop", "end tasks for good; their work is kept"),
    ):
        verbs.add(name, f"queue:{name}", sentence).add_argument("names", nargs="+", metavar="TASK")
    budget = verbs.add("budget", "queue:budget", "set the caps of a task")
    budget.add_argument("name", metavar="TASK")
    budget.add_argument("caps", metavar="CAPS", help="'$5', '200k tokens', '$5, 30 min', none")


def _look(verbs: Verbs) -> None:
    status = verbs.add("status", "look:status", "how everything stands")
    form = status.add_mutually_exclusive_group()
    form.add_argument("--short", action="store_true", help="`!2 ◐1 ✓3  $4.12/$20`")
    form.add_argument("--json", dest="as_json", action="store_true")
    form.add_argument("--plain", action="store_true", help="fields with tabs, words for signs")
    form.add_argument("--all", dest="everything", action="store_true", help="what is over, too")
    report = verbs.add("report", "look:report", "what happened since you last asked")
    report.add_argument("--hours", type=_count, metavar="N", help="within the last N hours")
    report.add_argument("--json", dest="as_json", action="store_true")
    log = verbs.add("log", "journal:log", "what happened, or what a task's agent said and did")
    log.add_argument("name", nargs="?", default="", metavar="TASK")
    log.add_argument("-n", "--lines", dest="count", type=_count, metavar="N", help="the last N")
    log.add_argument("-f", "--follow", action="store_true")
    log.add_argument("--json", dest="as_json", action="store_true", help="a JSON object a line")
    show = verbs.add("show", "look:show", "one task, its diff or its evidence; the Inbox aloud")
    show.add_argument("name", nargs="?", default="", metavar="TASK")
    show.add_argument(
        "--plain", action="store_true", help="fields; in sentences with --diff or without a task"
    )
    form = show.add_mutually_exclusive_group()
    form.add_argument("--diff", action="store_true")
    form.add_argument("--evidence", action="store_true")
    form.add_argument("--log", default="", metavar="GUARDRAIL", help="its newest run's whole log")
    form.add_argument("--json", dest="as_json", action="store_true")


def _decide(verbs: Verbs) -> None:
    comment = verbs.add("comment", "comment:comment", "remark on a line, a file or the change")
    comment.add_argument("name", metavar="TASK")
    comment.add_argument(
        "place", nargs="?", default="", metavar="PATH:LINE", help="or A-B, or PATH"
    )
    comment.add_argument("-m", dest="text", default="", metavar="TEXT", help="- reads stdin")
    comment.add_argument("--kind", choices=[str(kind) for kind in CommentKind], default="do")
    comment.add_argument("--old", action="store_true", help="the line is one that was removed")
    comment.add_argument("--drop", default="", metavar="ID", help="take a draft comment back")
    seen = verbs.add("seen", "comment:seen", "mark a change, or some of its files, as seen")
    seen.add_argument("name", metavar="TASK")
    seen.add_argument("paths", nargs="*", metavar="PATH", help="default: all of it")
    seen.add_argument("--not", dest="unseen", action="store_true", help="as not seen")
    accept = verbs.add("accept", "decide:accept", "accept changes exactly as shown")
    accept.add_argument("names", nargs="+", metavar="TASK")
    accept.add_argument("--tree", default="", help="only if it is this tree (a prefix will do)")
    accept.add_argument("--yes", action="store_true", help="do not ask")
    accept.add_argument(
        "--without", action="append", default=[], metavar="PATH",
        help="leave this file out: it goes back as feedback once the rest has landed",
    )  # fmt: skip
    feedback = verbs.add("feedback", "decide:feedback", "send comments and a remark to the agent")
    feedback.add_argument("name", metavar="TASK")
    feedback.add_argument("-m", dest="text", default="", metavar="TEXT", help="- reads stdin")
    reject = verbs.add("reject", "decide:reject", "refuse a change; its work is kept")
    reject.add_argument("name", metavar="TASK")
    reject.add_argument("-m", dest="text", default="", metavar="TEXT")
    waive = verbs.add("waive", "decide:waive", "let one verdict not count, for one exact tree")
    waive.add_argument("name", metavar="TASK")
    waive.add_argument("guardrail", metavar="GUARDRAIL")
    waive.add_argument("-m", dest="reason", required=True, metavar="REASON")
    rerun = verbs.add("rerun", "decide:rerun", "run one guardrail, or all, again")
    rerun.add_argument("name", metavar="TASK")
    rerun.add_argument("guardrail", nargs="?", default="", metavar="GUARDRAIL")
    undo = verbs.add("undo", "decide:undo", "revert a landed task by a change of its own")
    undo.add_argument("name", metavar="TASK")


def _operate(verbs: Verbs) -> None:
    run = verbs.add("run", "unattended:run", "work without a screen, printing what happens")
    run.add_argument("--until-idle", action="store_true", help="until nothing goes on by itself")
    run.add_argument("--timeout", type=_count, metavar="SECONDS")
    engine = verbs.add("engine", "engine:engine", "run the engine here, or restart or stop it")
    engine.add_argument("action", nargs="?", choices=("restart", "stop"))
    engine.add_argument(
        "--at-once", action="store_true", help="do not wait for the turns under way"
    )
    engine.add_argument("--install", action="store_true", help="write a service of your session")


def _money(text: str) -> float:
    amount = float(text.removeprefix("$"))
    if not 0 < amount < float("inf"):
        raise argparse.ArgumentTypeError("expected an amount above 0")
    return amount


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected a number from 1 on")
    return number
