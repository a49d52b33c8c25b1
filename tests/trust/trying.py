"""Trying the controls of one module: what a process of its own does."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Sequence

import tests.trust
from factory.model import Struct
from tests.trust.base import Control, Outcome


class Tried(Struct):
    """A control that was tried: its row of the table, and what there is to say of it."""

    row: str
    notes: tuple[str, ...]
    held: bool


def modules(names: Sequence[str]) -> list[str]:
    """The modules of this package that have a control of one of these names; of any, for none."""
    found = [name for _, name, _ in pkgutil.iter_modules(tests.trust.__path__)]
    return [name for name in found if name[0] != "_" and _chosen(name, names)]


def _chosen(module: str, names: Sequence[str]) -> list[Control]:
    found = importlib.import_module(f"tests.trust.{module}")
    controls: Sequence[Control] = getattr(found, "CONTROLS", ())
    return [one for one in controls if not names or one.name in names]


def tried(module: str, names: Sequence[str], *, full: bool) -> list[Tried]:
    """Try a module's controls, one after the other."""
    return [_tried(control, full=full) for control in _chosen(module, names)]


def _tried(control: Control, *, full: bool) -> Tried:
    began = time.monotonic()
    outcome = control.run(full)
    seconds = time.monotonic() - began
    held = outcome.proven and outcome.tried > 0
    held = held and outcome.held >= control.bar * outcome.tried
    return Tried(row=_row(control, outcome, seconds, held=held), notes=outcome.notes, held=held)


def _row(control: Control, outcome: Outcome, seconds: float, *, held: bool) -> str:
    sign = "✓" if held else "✗"
    figures = "".join(f"; {name} {value:g}" for name, value in outcome.figures)
    return (
        f"| {sign} {control.name}: {control.promise}{figures} | {outcome.tried} | {outcome.held} "
        f"| {outcome.control} | {seconds:.0f} |"
    )
