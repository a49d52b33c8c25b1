"""The engine's process: `python -P -m factory PATH`."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from factory import api
from factory.engine import keys, opened
from factory.git.place import Place, find_repository
from factory.model import FactoryError, cause, sentence


async def serve(place: Place) -> None:
    """Run the engine until a signal or a client stops it."""
    environment = dict(os.environ)
    _forget_surroundings()
    async with opened(place, environment) as engine:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(name, engine.stopping.set)
        async with asyncio.TaskGroup() as group:
            server = group.create_task(api.serve(engine, place.socket))
            await engine.run()
            server.cancel()


def _forget_surroundings() -> None:
    """Take keys and git's variables out of our environment: nothing we start inherits them."""
    secret = keys(os.environ)
    for name in list(os.environ):
        if name in secret or (name.startswith("GIT_") and name != "GIT_CONFIG_GLOBAL"):
            del os.environ[name]


def main() -> int:
    """Entry of the engine's process."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    for name in ("httpx2", "watchfiles", "anthropic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        asyncio.run(serve(find_repository(Path(sys.argv[1] if sys.argv[1:] else "."))))
    except Exception as error:
        sentence, code = _last_word(error)
        if not sentence:
            raise
        sys.stderr.write(f"factory-tui: {sentence}\n")
        return code
    return 0


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
