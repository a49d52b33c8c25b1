"""Changes that read as something else than what lands, each beside a harmless twin."""

from __future__ import annotations

from tests.trust.evading.base import Evasion
from tests.trust.evading.files import FILES, REFUSED
from tests.trust.evading.lines import LINES

LANDING: tuple[Evasion, ...] = (*LINES, *FILES)
"""What may land, once it was seen."""

__all__ = ["LANDING", "REFUSED", "Evasion"]
