"""The real screen with its cleaning off: `python -m tests.trust.tty.bare SOCKET`."""

from __future__ import annotations

import sys
from pathlib import Path

from tui import text


def handed_on(given: str, **_: object) -> str:
    """Foreign text as it came."""
    return given


text.clean = handed_on  # type: ignore[assignment]  # before anything takes it from there

if __name__ == "__main__":
    from factory.client import connect
    from tui.app import FactoryApp

    FactoryApp(lambda: connect(Path(sys.argv[1]))).run()
