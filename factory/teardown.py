"""What a project wants done once an attempt is over; what fails there is said and stops nothing."""

from __future__ import annotations

from factory import sandbox
from factory.entry import Remark
from factory.model import FactoryError
from factory.sandbox import Profile
from factory.shop import Shop
from factory.transcript import Transcript
from factory.wire import Grew

LONGEST = 60.0
"""Seconds that each command may take."""
_TOLD = 400
"""Letters of what a failed one said last."""


async def tear_down(shop: Shop, attempt: str, profile: Profile) -> None:
    """Run the tip's `[environment] teardown` in an attempt's sandbox, one after the other."""
    commands = shop.tip.config.environment.teardown if shop.tip.config else ()
    for command in commands:
        if problem := await _problem(profile, command):
            _remark(shop, attempt, f"teardown: `{command}` {problem}")


async def _problem(profile: Profile, command: str) -> str:
    """Run it; what went wrong, or nothing."""
    said: list[bytes] = []
    try:
        done = await sandbox.run(profile, command, timeout=LONGEST, on_output=said.append)
    except FactoryError as error:
        return f"could not run: {error}"
    if done.exit_code == 0:
        return ""
    how = f"took over {LONGEST:g} s" if done.timed_out else f"ended with {done.exit_code}"
    text = b"".join(said)[-4 * _TOLD :].decode(errors="replace").strip()[-_TOLD:]
    return f"{how}: {text}" if text else how


def _remark(shop: Shop, attempt: str, text: str) -> None:
    path = shop.attempt_folder(attempt) / "transcript.jsonl"
    transcript = Transcript(path, shop.discretion)
    size = transcript.append(Remark(at=shop.now(), text=text))
    transcript.close()
    shop.tell(Grew(name=attempt, size=size))
