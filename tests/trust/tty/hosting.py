"""An engine of canned answers on a socket, served by a thread of this process."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from tests.stage import Stage


class Host:
    """A stage that answers on `socket`; what it says is changed from another thread."""

    def __init__(self, stage: Stage, socket: Path) -> None:
        self.stage = stage
        self.socket = socket
        self._loop = asyncio.new_event_loop()
        config = uvicorn.Config(
            stage.asgi(), uds=str(socket), log_level="error", lifespan="off",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())

    def begin(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def do(self, act: Callable[[], object]) -> None:
        """Do something to the stage, between two answers, and wait until it is done."""
        done = threading.Event()

        def run() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait(5)

    def end(self) -> None:
        """Answer no more."""
        self._server.should_exit = True
        self._thread.join(5)


@contextmanager
def hosted(stage: Stage, socket: Path | None = None) -> Iterator[Host]:
    """A stage on a socket of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    host = Host(stage, socket or folder / "engine.sock")
    try:
        host.begin()
        while not host.socket.exists():
            host._thread.join(0.02)
        yield host
    finally:
        host.end()
        shutil.rmtree(folder, ignore_errors=True)
