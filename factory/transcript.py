"""The transcript of an attempt: appended entry by entry, read by offset, resumed after a crash."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from factory.discretion import OPEN, Discretion
from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Output,
    Question,
    Remark,
    Response,
    ToolResult,
)
from factory.model import StoreError, Struct
from factory.wire import Chunk

ASK = "ask"
"""Name of the tool call that the developer answers, by the next prompt."""
HANDOFF = "handoff"
"""Name of the tool call that ends the work."""
INTERRUPTED = "interrupted, look before you go on: this may or may not have run"
"""What the model is told of a call whose result was lost."""

BEGUN = "the command begins"
"""The remark before a command that remembers nothing: cut short, it begins again from the start."""

_DELTA = b'{"type":"Delta"'
_BLOCK = 1 << 16


class Call(Struct):
    """A tool call inside a response."""

    id: str
    name: str


class Transcript:
    """One attempt's file. One writer at a time; any number of readers beside it."""

    def __init__(self, path: Path, discretion: Discretion = OPEN) -> None:
        """What `discretion` hides never enters the file."""
        self.path = path
        self._discretion = discretion
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[AnyEntry] = msgspec.json.Decoder(AnyEntry)
        self._file: int | None = None
        self._size = 0

    def append(self, entry: AnyEntry) -> int:
        """Write one entry and return the file's size in bytes.

        On disk when this returns, but for `Delta` and `Output`. Raises StoreError; what was
        written of the entry is taken back then.
        """
        line = self._discretion.data(self._encoder.encode(entry)) + b"\n"
        try:
            file = self._open()
            _write(file, line)
            if not isinstance(entry, Delta | Output):
                os.fsync(file)
        except OSError as error:
            self._take_back()
            raise StoreError(
                f"The transcript {self.path} cannot be written: {error.strerror}; "
                "make room or give back the right to write there, then resume the task"
            ) from error
        self._size += len(line)
        return self._size

    def read(self, offset: int, limit: int) -> Chunk:
        """Whole lines from `offset` (a line's beginning), about `limit` bytes, at least one line.

        A line that is still being written is left for the next time.
        """
        with self._reading() as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(offset)
            data = file.read(limit)
            while data and b"\n" not in data and (more := file.read(_BLOCK)):
                data += more
        data = data[: data.rfind(b"\n") + 1]
        return Chunk(
            offset=offset, end=offset + len(data), size=size, text=data.decode(errors="replace")
        )

    def tail(self, limit: int) -> Chunk:
        """The newest whole lines, `limit` bytes at most, or the last line where it is longer."""
        with self._reading() as file:
            end = _line_end(file.fileno(), file.seek(0, os.SEEK_END))
            start = max(end - limit, 0)
            if start > 0:
                file.seek(start - 1)
                start += file.read(limit + 1).find(b"\n")
            if start == end:
                start = _line_end(file.fileno(), max(end - 1, 0))
        chunk = self.read(start, max(end - start, 1))
        return msgspec.structs.replace(chunk, tail=True)

    def entries(self) -> list[AnyEntry]:
        """All entries but `Delta`s. Lines of a newer version, and a torn last line, are skipped."""
        with self._reading() as file:
            return [
                entry
                for line in file
                if not line.startswith(_DELTA) and (entry := self._decode(line)) is not None
            ]

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line with the byte that it begins at, read as it is asked for."""
        offset = 0
        with self._reading() as file:
            for line in file:
                yield offset, line
                offset += len(line)

    def resume(self, at: float) -> tuple[ToolResult, ...]:
        """Write and return the results that tool calls of the last response still lack.

        `at` is the time they carry. Called before an attempt goes on; twice does no harm.
        """
        added = interrupted(self.entries(), at)
        for result in added:
            self.append(result)
        return added

    def close(self) -> None:
        """Give the file back; the next `append` opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @contextmanager
    def _reading(self) -> Iterator[BinaryIO]:
        """The file, or an empty one where nothing was written yet."""
        path = self.path if self.path.exists() else Path(os.devnull)
        with path.open("rb") as file:
            yield file

    def _decode(self, line: bytes) -> AnyEntry | None:
        try:
            return self._decoder.decode(line) if line.endswith(b"\n") else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _open(self) -> int:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            size = os.fstat(self._file).st_size
            self._size = _line_end(self._file, size)
            if self._size < size:
                os.ftruncate(self._file, self._size)
        return self._file

    def _take_back(self) -> None:
        if self._file is not None:
            os.ftruncate(self._file, self._size)


def calls(response: Response) -> tuple[Call, ...]:
    """The tool calls of a response, in order."""
    return tuple(
        Call(id=str(block.get("id", "")), name=str(block.get("name", "")))
        for block in response.content
        if block.get("type") == "tool_use"
    )


def interrupted(entries: Sequence[AnyEntry], at: float = 0.0) -> tuple[ToolResult, ...]:
    """The results that the last response's calls still lack, marked as interrupted.

    `ask` and `handoff` are not among them: the next prompt answers the one, the other ends the
    work.
    """
    for position in range(len(entries) - 1, -1, -1):
        response = entries[position]
        if isinstance(response, Response):
            break
    else:
        return ()
    after = entries[position + 1 :]
    answered = {entry.id for entry in after if isinstance(entry, ToolResult)}
    return tuple(
        ToolResult(at=at, id=call.id, text=INTERRUPTED, interrupted=True, failed=True)
        for call in calls(response)
        if call.id not in answered and call.name not in (ASK, HANDOFF)
    )


def cut_short(entries: Sequence[AnyEntry]) -> bool:
    """Whether a command that remembers nothing was begun and did not end well."""
    for entry in reversed(entries):
        match entry:
            case Finished() | Question():
                return False
            case Remark(text=text) if text == BEGUN:
                return True
            case _:
                continue
    return False


def _write(file: int, data: bytes) -> None:
    """Write all of it: the system may take less at a time."""
    while data:
        data = data[os.write(file, data) :]


def _line_end(file: int, size: int) -> int:
    """Where the last whole line within the first `size` bytes ends."""
    while size > 0:
        start = max(size - _BLOCK, 0)
        found = os.pread(file, size - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0
