"""Makes the demo's repository: a small shop in Python, six tasks, recorded answers."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

from factory.git import fresh
from factory.model import Draft

_SKIPPED = ("__pycache__",)

TASKS = (
    Draft(
        title="Write amounts with thousands separators",
        spec="Receipts of large orders are hard to read: write $1,234.50 instead of $1234.50.",
        paths=("till/money.py",),
    ),
    Draft(
        title="Add a discount to orders",
        spec="An order can have a discount in percent, taken off the whole order.",
        paths=("till/orders.py",),
    ),
    Draft(
        title="Show the tax on receipts",
        spec="A receipt shows the tax (7 %) that the total contains.",
        paths=("till/receipt.py",),
    ),
    Draft(
        title="Thank the customer on receipts",
        spec="A receipt thanks the customer by name.",
        paths=("till/receipt.py",),
    ),
    Draft(
        title="Export orders as CSV",
        spec="Write an order as CSV, for spreadsheets.",
        paths=("till/export.py",),
    ),
    Draft(
        title="Make totals faster",
        spec="Orders with many lines compute their total over and over: make that faster.",
        paths=("till/orders.py",),
    ),
)
"""Straight through, red first, two on the same lines, one that asks, one that cheats."""


def make(folder: Path, *, speed: float = 1.0) -> Path:
    """The demo's repository in `folder`, committed; `speed` is of the recorded answers."""
    repository = folder / "till"
    source = resources.files("factory.demo").joinpath("project")
    with resources.as_file(source) as project:
        shutil.copytree(project, repository, ignore=shutil.ignore_patterns(*_SKIPPED))
    (repository / "gitignore").rename(repository / ".gitignore")
    answers = resources.files("factory.demo").joinpath("recording.toml").read_text()
    recording = folder / "recording.toml"
    recording.write_text(re.sub(r"^speed = .*$", f"speed = {speed}", answers, count=1, flags=re.M))
    config = repository / "factory.toml"
    config.write_text(config.read_text().replace("RECORDING", str(recording)))
    fresh.make(repository, "The shop's till")
    return repository
