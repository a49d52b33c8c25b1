"""How large an image is, by its header. Pure: a few bytes in, nothing is decoded, nothing raises.

The engine holds keys, so no library reads what an agent wrote: the field's own reader of headers
takes an SVG through a whole XML parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from struct import Struct

Size = tuple[int, int]
"""Width and height in pixels."""

READ = 262_144
"""Bytes of an image that are looked at: a JPEG may carry a whole preview before its size."""

_SVG = re.compile(rb"<svg\b([^>]{0,4000})>", re.IGNORECASE)
_WIDTH = re.compile(rb"""\swidth\s*=\s*["']\s*(\d{1,7})(?:\.\d{0,9})?\s*(?:px)?\s*["']""")
_HEIGHT = re.compile(rb"""\sheight\s*=\s*["']\s*(\d{1,7})(?:\.\d{0,9})?\s*(?:px)?\s*["']""")
_BOX = re.compile(
    rb"""\sviewBox\s*=\s*["']\s*\S{1,20}[\s,]+\S{1,20}[\s,]+(\d{1,7})(?:\.\d{0,9})?[\s,]+"""
    rb"""(\d{1,7})(?:\.\d{0,9})?\s*["']"""
)
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
"""JPEG markers that carry no length."""
_BIG2, _LITTLE2 = Struct(">HH"), Struct("<HH")
_BIG4, _LITTLE4 = Struct(">II"), Struct("<ii")


def is_image(path: str) -> bool:
    """Whether a path is named like an image whose header can be read."""
    return PurePosixPath(path).suffix.lower() in _READERS


def dimensions(path: str, data: bytes) -> Size | None:
    """Width and height; None for what is no such image, or cut off before it says."""
    read = _READERS.get(PurePosixPath(path).suffix.lower())
    found = read(data[:READ]) if read else None
    return found if found and min(found) > 0 else None


def _png(data: bytes) -> Size | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width, height = _BIG4.unpack_from(data, 16)
    return width, height


def _gif(data: bytes) -> Size | None:
    if not data.startswith((b"GIF87a", b"GIF89a")) or len(data) < 10:
        return None
    width, height = _LITTLE2.unpack_from(data, 6)
    return width, height


def _bmp(data: bytes) -> Size | None:
    if not data.startswith(b"BM") or len(data) < 26:
        return None
    if data[14:18] == b"\x0c\0\0\0":
        width, height = _LITTLE2.unpack_from(data, 18)
    else:
        width, height = _LITTLE4.unpack_from(data, 18)
    return width, abs(height)  # a negative height: the rows stand top down


def _ico(data: bytes) -> Size | None:
    """The largest of the images in it; 0 stands for 256."""
    if not data.startswith(b"\0\0\1\0") or len(data) < 22:
        return None
    count = min(int.from_bytes(data[4:6], "little"), (len(data) - 6) // 16)
    sizes = [(data[at] or 256, data[at + 1] or 256) for at in range(6, 6 + 16 * count, 16)]
    return max(sizes, default=None)


def _webp(data: bytes) -> Size | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8 ":
            width, height = _LITTLE2.unpack_from(data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            wide, high = data[24:27], data[27:30]
            return int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
    return None


def _jpeg(data: bytes) -> Size | None:
    at = 2 if data.startswith(b"\xff\xd8") else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _START_OF_FRAME:
            height, width = _BIG2.unpack_from(data, at + 5)
            return width, height
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            at += 2 + max(int.from_bytes(data[at + 2 : at + 4]), 2)
    return None


def _svg(data: bytes) -> Size | None:
    tag = _SVG.search(data)
    if tag is None:
        return None
    words = b" " + tag[1]
    width, height = _WIDTH.search(words), _HEIGHT.search(words)
    if width and height:
        return int(width[1]), int(height[1])
    box = _BOX.search(words)
    return (int(box[1]), int(box[2])) if box else None


_READERS: dict[str, Callable[[bytes], Size | None]] = {
    ".png": _png, ".jpg": _jpeg, ".jpeg": _jpeg, ".gif": _gif, ".bmp": _bmp, ".ico": _ico,
    ".webp": _webp, ".svg": _svg,
}  # fmt: skip
