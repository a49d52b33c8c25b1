"""Tests of the screen are coroutines; anyio's plugin runs them on asyncio, as Textual wants."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
