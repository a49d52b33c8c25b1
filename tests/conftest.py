"""What every story needs: a home of its own, and a developer with a repository."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.developer import Developer


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A private folder with a short path: the state, and a home without any settings."""
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    (folder / "home").mkdir()
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("FACTORY_TUI_HOME", str(folder / "state"))
    for name in ("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "GIT_CONFIG_GLOBAL", "GIT_DIR"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def developer(home: Path) -> Developer:
    """A developer with a repository of one commit on `main`."""
    return Developer(home / "project")
