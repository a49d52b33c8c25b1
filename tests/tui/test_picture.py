"""An image of a change, drawn in half blocks by Python alone; hostile ones are told in words."""

from __future__ import annotations

import io
import zlib

import png
import pytest

from factory.wire import FileBytes
from tests.stage_review import Diff, review_stage
from tests.tui.reviewed import reviewing
from tui.screens.picture import PictureScreen
from tui.thumbnail import thumbnail

RED, BLUE = (200, 0, 0), (0, 0, 200)


def drawn(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    png.Writer(width, height, greyscale=False).write(out, [colour * width] * height)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + check


def bomb() -> bytes:
    """A PNG of 2×2 pixels whose data unpack to a hundred million bytes."""
    head = (2).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    packed = zlib.compress(b"\0" * 100_000_000, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def test_a_picture_fits_the_cells_and_keeps_its_colours_and_its_shape() -> None:
    found = thumbnail(drawn(400, 200, RED), 40, 20)
    assert (found.width, found.height) == (400, 200)
    assert (len(found.rows[0]), len(found.rows)) == (40, 10)
    assert {pair for row in found.rows for pair in row} == {(RED, RED)}


def test_a_small_picture_is_not_made_larger() -> None:
    found = thumbnail(drawn(3, 3, BLUE), 80, 20)
    assert (len(found.rows[0]), len(found.rows)) == (3, 2)
    assert found.rows[0][0] == (BLUE, BLUE)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is no PNG"),
        (b"GIF89a" + b"\0" * 40, "it is no PNG"),
        (drawn(8, 8, RED)[:60], "it is no whole PNG|fewer pixels"),
        (drawn(8, 8, RED)[:33] + b"\xff" * 40, "it is no whole PNG"),
        (drawn(1, 1, RED)[:16] + b"\xff\xff\xff\xff" * 2 + drawn(1, 1, RED)[24:], "too many"),
        (drawn(1, 1, RED)[:16] + b"\0" * 8 + drawn(1, 1, RED)[24:], "no pixels"),
        (bomb(), "unpacks to more"),
    ],
    ids=["empty", "another kind", "cut", "garbage", "huge", "nothing", "bomb"],
)
def test_what_cannot_be_drawn_is_told_in_words(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        thumbnail(data, 40, 20)


@pytest.mark.anyio
async def test_enter_on_an_image_shows_both_sides_of_it() -> None:
    stage = review_stage(Diff().file("docs/logo.png", notes=("binary, 1 KB → 2 KB",)))
    stage.data = {
        ("docs/logo.png", "0"): FileBytes(path="docs/logo.png", data=drawn(60, 40, RED)),
        ("docs/logo.png", "1"): FileBytes(path="docs/logo.png", data=b"not an image"),
    }
    async with reviewing(stage) as review:
        assert "enter draws it" in review.text
        text = await review.press("g", "enter")
        assert isinstance(review.front, PictureScreen)
        assert "before: 60×40" in text
        assert "now: not drawn, for it is no PNG" in text
        # The last half of the last row is the board that stands for nothing.
        assert text.count("▀") == 58 * 20
        await review.press("escape")
        assert str(review.front) == str(review.screen)
