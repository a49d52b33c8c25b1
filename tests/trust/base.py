"""What a control is: tried many times, held every time, and able not to hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from factory.model import Struct


class Outcome(Struct):
    """What trying a control came to."""

    tried: int
    held: int
    control: str
    """What happened with the protection off: `41 of 64 escaped`. Empty where nothing was tried."""
    proven: bool
    """Whether the negative control showed that the trial can fail."""
    notes: tuple[str, ...] = ()
    """What did not hold, a sentence each; and what could not be tried here."""
    figures: tuple[tuple[str, float], ...] = ()

    @property
    def good(self) -> bool:
        """Whether everything held and the trial is proven."""
        return self.tried > 0 and self.held == self.tried and self.proven


class Control(Struct):
    """One promise, and how it is tried."""

    name: str
    promise: str
    """One sentence of docs/threats.md."""
    run: Callable[[bool], Outcome]
    """Given True, at full size; else quickly. Cleans up after itself."""
    bar: float = 1.0
    """The part of the trials that must hold."""


def p95(times: Sequence[float]) -> float:
    """The 95th percentile of these times, to the hundredth of a second; 0 for none."""
    return round(sorted(times)[int(len(times) * 0.95)], 2) if times else 0.0
