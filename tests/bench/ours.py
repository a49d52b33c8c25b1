"""The real screen on a stage engine: `python -m tests.bench.ours SOCKET`."""

from __future__ import annotations

import sys
from pathlib import Path

from factory.client import connect
from tui.app import FactoryApp

if __name__ == "__main__":
    FactoryApp(lambda: connect(Path(sys.argv[1]))).run()
