"""`python -P -m tests.trust.weekend.screen CLOCK`: the screen; its engines go by that clock."""

from __future__ import annotations

import sys
from unittest import mock

from factory.git.place import Place
from tui.command import main as screen


def main() -> None:
    """Open it; it starts an engine where none answers, as it always does."""
    clock = sys.argv.pop()

    def command(place: Place) -> list[str]:
        engine = "tests.trust.weekend.engine"
        return [sys.executable, "-P", "-m", engine, str(place.path), clock]

    with mock.patch("factory.spawn.engine_command", command):
        sys.exit(screen())


if __name__ == "__main__":
    main()
