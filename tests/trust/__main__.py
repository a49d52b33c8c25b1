"""`python -m tests.trust [--full] [NAME …]`: tries every control and prints the table."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Iterator, Sequence

import tests.trust
from tests.trust.base import Control, Outcome


def controls() -> Iterator[Control]:
    """All controls: each module of this package gives its own in `CONTROLS`."""
    for module in pkgutil.iter_modules(tests.trust.__path__):
        if not module.name.startswith(("_", "test_")):
            found = importlib.import_module(f"tests.trust.{module.name}")
            yield from getattr(found, "CONTROLS", ())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chosen controls; 0 only if each held and each negative control failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--full", action="store_true", help="at the full sizes (long)")
    options = parser.parse_args(argv)
    chosen = [one for one in controls() if not options.names or one.name in options.names]
    print("| control | tried | held | with the protection off | seconds |")
    print("| --- | --- | --- | --- | --- |")
    good = bool(chosen)
    for control in chosen:
        began = time.monotonic()
        outcome = control.run(options.full)
        seconds = time.monotonic() - began
        held = outcome.proven and outcome.tried > 0
        held = held and outcome.held >= control.bar * outcome.tried
        good = good and held
        print(_row(control, outcome, seconds, held=held), flush=True)
        for note in outcome.notes:
            print(f"  {note}", file=sys.stderr)
    return 0 if good else 1


def _row(control: Control, outcome: Outcome, seconds: float, *, held: bool) -> str:
    sign = "✓" if held else "✗"
    figures = "".join(f"; {name} {value:g}" for name, value in outcome.figures)
    return (
        f"| {sign} {control.name}: {control.promise}{figures} | {outcome.tried} | {outcome.held} "
        f"| {outcome.control} | {seconds:.0f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
