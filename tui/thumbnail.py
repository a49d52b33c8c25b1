"""A PNG in so many cells, two pixels a cell: what an image looks like, roughly. Pure.

Foreign images are decoded here by Python alone: a decoder in C that meets a hostile file may run
its code with the developer's rights. So it is PNG and nothing else, within bounds checked first.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXELS = 4_000_000
_BYTES = 40_000_000
"""Bytes that the pixels may unpack to."""
_CHECKS = (200, 224)
"""The two greys of the board on which transparent pixels stand."""

Colour = tuple[int, int, int]


class Thumbnail(NamedTuple):
    """Rows of cells, each with the colour of its upper and of its lower half."""

    width: int
    height: int
    """Of the image, in pixels."""
    rows: tuple[tuple[tuple[Colour, Colour], ...], ...]


def is_drawn(path: str) -> bool:
    """Whether files of this name can be drawn."""
    return path.lower().endswith(".png")


def thumbnail(data: bytes, columns: int, lines: int) -> Thumbnail:
    """The image in at most so many cells, never larger than it is. Raises ValueError, in words."""
    import png

    width, height = _size(data)
    if width * height > _PIXELS:
        raise ValueError(f"{width}×{height} pixels are too many to draw here")
    if not _fits(data):
        raise ValueError("it unpacks to more than its size says")
    try:
        _, _, pixels, _ = png.Reader(file=io.BytesIO(data)).asRGBA8()
        image = [bytes(row) for row in pixels]
    except (png.Error, zlib.error, ValueError, LookupError, TypeError, struct.error) as error:
        raise ValueError(f"it is no whole PNG: {error}") from error
    if len(image) != height or any(len(row) != 4 * width for row in image):
        raise ValueError("it has fewer pixels than its size says")
    scale = max(width / max(columns, 1), height / max(2 * lines, 1), 1.0)
    across, down = max(round(width / scale), 1), max(round(height / scale), 1)
    rows = [[_mean(image, x, y, scale) for x in range(across)] for y in range(down)]
    if down % 2:
        rows.append([_board(x, down) for x in range(across)])
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return Thumbnail(width, height, tuple(tuple(zip(a, b, strict=True)) for a, b in pairs))


def _size(data: bytes) -> tuple[int, int]:
    if not data.startswith(_SIGNATURE) or len(data) < 33:
        raise ValueError("it is no PNG, whatever its name says")
    width, height = struct.unpack_from(">II", data, 16)
    if not width or not height:
        raise ValueError("it has no pixels")
    return width, height


def _fits(data: bytes) -> bool:
    """Whether its pixels unpack within bounds: a bomb is told before anything unpacks it whole."""
    unpacker, left, at = zlib.decompressobj(), _BYTES, len(_SIGNATURE)
    try:
        while at + 8 <= len(data) and left > 0:
            length = int.from_bytes(data[at : at + 4], "big")
            if data[at + 4 : at + 8] == b"IDAT":
                packed = data[at + 8 : at + 8 + length]
                while packed and left > 0:
                    left -= len(unpacker.decompress(packed, left))
                    packed = unpacker.unconsumed_tail
            at += 12 + length
    except zlib.error:
        return True  # the reader says so in its own words
    return left > 0


def _mean(image: Sequence[bytes], x: int, y: int, scale: float) -> Colour:
    """The mean of a few of the pixels that fall into one; enough for a look."""
    step = scale / 3
    found = [0, 0, 0, 0]
    for row in range(3):
        line = image[min(int(y * scale + row * step), len(image) - 1)]
        for column in range(3):
            start = 4 * min(int(x * scale + column * step), len(line) // 4 - 1)
            for part in range(4):
                found[part] += line[start + part]
    opaque = found[3] / (9 * 255)
    back = _board(x, y)
    mixed = [int(found[part] / 9 * opaque + back[part] * (1 - opaque)) for part in range(3)]
    return mixed[0], mixed[1], mixed[2]


def _board(x: int, y: int) -> Colour:
    grey = _CHECKS[(x // 2 + y // 2) % 2]
    return grey, grey, grey
