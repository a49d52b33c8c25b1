"""`python -P -m tests.trust.weekend.engine REPOSITORY CLOCK [uncapped]`: by that clock."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from unittest import mock

from factory.__main__ import serve
from factory.git.place import find_repository
from tests.clocks import Hung

UNCAPPED = "uncapped"
"""The protection off: nobody looks at what may be spent."""


def main() -> None:
    """Run it until it is killed or told to stop."""
    repository, clock, *off = sys.argv[1:]
    work = serve(find_repository(Path(repository)), Hung(Path(clock)))
    if UNCAPPED in off:
        with mock.patch("factory.purse.exceeded", return_value=None):
            asyncio.run(work)
    else:
        asyncio.run(work)


if __name__ == "__main__":
    main()
