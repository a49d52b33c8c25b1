"""The engine's process: `python -P -m factory PATH`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import resource
import signal
import sys
from pathlib import Path

from factory import api
from factory.clock import SYSTEM, Clock
from factory.discretion import Discreet, Discretion, keys
from factory.engine import opened
from factory.git.place import Place, find_repository
from factory.model import FactoryError, cause, sentence

_OPEN_FILES = 16_384


async def serve(place: Place, clock: Clock = SYSTEM) -> None:
    """Run the engine until a signal or a client stops it."""
    environment = dict(os.environ)
    _forget_surroundings()
    async with opened(place, environment, clock=clock) as engine:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(name, engine.stopping.set)
        async with asyncio.TaskGroup() as group:
            server = group.create_task(api.serve(engine, place.socket))
            await engine.run()
            server.cancel()


_KEPT = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TERM|TMPDIR|XDG_\w+|FACTORY_TUI_\w+"
    r"|GIT_CONFIG_GLOBAL|PYTHON\w+|SSL_CERT_(FILE|DIR)|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy"
)
"""What we, and libraries of ours, read from the environment by name."""


def _forget_surroundings() -> None:
    """Take all else out of our environment: any variable can hold a key, and git would inherit it.

    What factory.toml names is still handed on, from the copy that `opened` was given.
    """
    for name in list(os.environ):
        if not _KEPT.fullmatch(name):
            del os.environ[name]


def _begin_log(discretion: Discretion) -> None:
    """Log to stderr, and a last traceback too; keys enter neither."""
    words = logging.StreamHandler(sys.stderr)
    words.setFormatter(Discreet("%(asctime)s %(levelname)s %(message)s", discretion))
    logging.basicConfig(level=logging.INFO, handlers=[words])
    sys.excepthook = lambda kind, error, trace: logging.critical(
        "the engine ended by a fault of its own", exc_info=(kind, error, trace)
    )


def main() -> int:
    """Entry of the engine's process."""
    discretion = Discretion(keys(os.environ))
    _begin_log(discretion)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no picture of our memory
    _have_room_for_connections()
    for name in ("httpx2", "watchfiles", "anthropic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        asyncio.run(serve(find_repository(Path(sys.argv[1] if sys.argv[1:] else "."))))
    except Exception as error:
        sentence, code = _last_word(error)
        if not sentence:
            raise
        sys.stderr.write(f"factory-tui: {discretion.text(sentence)}\n")
        return code
    return 0


def _have_room_for_connections() -> None:
    """Raise the limit of open files: sixteen agents may hold hundreds of connections each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _OPEN_FILES:
        wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _last_word(error: BaseException) -> tuple[str, int]:
    """Why the engine ends, in a sentence, and its exit code; empty for a fault of our own."""
    match cause(error):
        case FactoryError() as known:
            return str(known), known.exit_code
        case OSError() as refused:
            return sentence(refused), 1
        case _:
            return "", 1


if __name__ == "__main__":
    sys.exit(main())
