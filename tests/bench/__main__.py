"""`python -m tests.bench [NAME…] [--json]`: measure, and print the figures as JSON.

Each module of this package that has a `NAME` and a `measure()` is a benchmark. What they say while
they run goes to stderr, unless `--json` asks for silence. No test rests on a figure.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess  # noqa: TID251 - git is asked for its version
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from factory import __version__
from tests.bench.goals import GOALS, met

NAMES = (
    "start", "paint", "panes", "diff", "rivals", "ssh", "landing", "worktree", "engine", "sixteen",
)  # fmt: skip
_LIBRARIES = ("textual", "msgspec", "starlette", "uvicorn", "httpx2", "gitpython", "watchfiles")


def main() -> int:
    """Run what was asked for; 1 where a benchmark broke, never for a figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="say nothing but the figures")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in NAMES]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")

    def say(text: str) -> None:
        if not options.json:
            print(text, file=sys.stderr, flush=True)

    wanted = options.names or list(NAMES)
    results = {name: _run(name, say) for name in wanted}
    print(json.dumps({**_surroundings(), "figures": results}, indent=2, ensure_ascii=False))
    return int(any("broke" in result for result in results.values()))


def _run(name: str, say: Callable[[str], None]) -> Mapping[str, object]:
    try:
        module = importlib.import_module(f"tests.bench.{name}")
    except ModuleNotFoundError as error:
        say(f"{name}: skipped, {error}")
        return {"skipped": str(error)}
    say(f"{name} …")
    try:
        measured: dict[str, float] = module.measure()
    except Exception as error:  # the others are measured all the same
        say(f"{name}: broke, {type(error).__name__}: {error}")
        return {"broke": f"{type(error).__name__}: {error}"}
    return {figure: _judged(name, figure, value, say) for figure, value in measured.items()}


def _judged(
    name: str, figure: str, value: float, say: Callable[[str], None]
) -> Mapping[str, object]:
    good = met(name, figure, value)
    if good is None:
        say(f"  {figure:24} {value:10.3f}")
        return {"value": round(value, 4)}
    sign, limit = GOALS[name, figure]
    say(f"  {figure:24} {value:10.3f}  goal {sign} {limit:g}  {'✓' if good else '✗'}")
    return {"value": round(value, 4), "goal": f"{sign} {limit:g}", "met": good}


def _surroundings() -> Mapping[str, object]:
    git = subprocess.run(("git", "--version"), capture_output=True, text=True, check=False).stdout
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2),
            "processor": _processor(),
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {
            "factory-tui": __version__,
            "python": platform.python_version(),
            "git": git.strip().removeprefix("git version "),
            **{name: metadata.version(name) for name in _LIBRARIES},
        },
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
