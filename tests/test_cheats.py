"""The corpus of cheats; what the gate says of them is tried by `python -m tests.trust cheats`."""

from __future__ import annotations

from collections import Counter

from tests.trust.cheats import CHEATS
from tests.trust.cheats.categories import CATEGORIES


def test_every_one_of_the_54_known_categories_has_an_example() -> None:
    assert len(CATEGORIES) == 54
    names = {case.name for case in CHEATS}
    assert {kind for kind, examples in CATEGORIES.items() if names.isdisjoint(examples)} == set()


def test_every_cheat_belongs_to_one_category() -> None:
    named = Counter(name for examples in CATEGORIES.values() for name in examples)
    assert named == Counter(case.name for case in CHEATS)
