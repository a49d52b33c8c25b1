"""What runs beside a program in its sandbox, as the words of one command. No process."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import resources

from msgspec import structs

from factory.sandbox.profiles import RESULTS, Profile

REPORT = "company"
"""In /results: which service or preparation a check had to do without; it proves nothing then. A
test can write it too, and makes an error of itself."""


def accompanied(profile: Profile, words: Sequence[str]) -> list[str]:
    """The command with the profile's services around it; as it is where there are none."""
    if not (profile.services or profile.before):
        return list(words)
    source = resources.files("factory.sandbox").joinpath("beside.py").read_text()
    reports = any(bind.inside == RESULTS for bind in profile.binds)
    plan = json.dumps(
        {
            "services": [structs.asdict(service) for service in profile.services],
            "before": profile.before,
            "report": f"{RESULTS}/{REPORT}" if reports else "",
            "apart": profile.contained,  # without a sandbox its process group is what ends it
        }
    )
    return [sys.executable, "-I", "-S", "-c", source, plan, *words]
