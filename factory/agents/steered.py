"""What is said to a program on its stdin while it runs, and what of it the program has heard.

Claude Code takes messages as JSON, one a line (`--input-format stream-json`), between its tool
calls, and gives each back once it is part of the conversation (`--replay-user-messages`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from factory.sandbox import Feed

LOOK = 0.5
"""Seconds after which it is looked whether there is something to say."""
DEAF = 10.0
"""Seconds for which a program that is done is given time to hear what was said last."""
_TAKES = re.compile(r"--input-format[= ]stream-json\b")


def takes_messages(run: str) -> bool:
    """Whether a command line makes the program read messages, rather than one text."""
    return _TAKES.search(run) is not None


class Said:
    """Everything said in one run. `said` gives the words that wait to be heard."""

    def __init__(self, first: str, said: Callable[[], Iterable[str]], time: Callable[[], float]):
        """`time` are seconds of any clock that is never set back."""
        self.feed = Feed()
        self._said = said
        self._time = time
        self._first = first
        self._sent: list[str] = []
        self._unheard: list[str] = []
        self._quiet_since = time()
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._queue.put_nowait(first)

    async def write(self) -> None:
        """Say what is to be said, as fast as the program reads, until it is gone."""
        with suppress(BrokenPipeError):
            while True:
                text = await self._queue.get()
                message = {"role": "user", "content": text}
                await self.feed.write(msgspec.json.encode({"type": "user", "message": message}))
                await self.feed.write(b"\n")

    def look(self) -> None:
        """Take up what the developer has said since it was last looked."""
        for text in self._said():
            if text not in self._sent:
                self._sent.append(text)
                self._unheard.append(text)
                self._queue.put_nowait(text)

    def heard(self, text: str) -> str | None:
        """A message that the program gave back, as it was said; None for what it was told first."""
        if text.strip() == self._first.strip() and text not in self._unheard:
            return None
        same = (word for word in self._unheard if word.strip() == text.strip())
        word = next(same, self._unheard[0] if self._unheard else None)
        if word is not None:
            self._unheard.remove(word)
        return word

    def spoke(self) -> None:
        """The program has said something."""
        self._quiet_since = self._time()

    def let_go(self, deaf: float) -> None:
        """The program is done: nothing more is said once it has heard all, or nothing for so long.

        What it did not hear waits for the next round.
        """
        if not self._unheard or self._time() - self._quiet_since > deaf:
            self.feed.close()
