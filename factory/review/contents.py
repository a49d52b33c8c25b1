"""Files whose lines say little, told in words: images, notebooks, links that were moved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from factory.git.comparisons import LINK, MODULE, NO_FILE, Changed
from factory.review import generated, images, notebooks
from factory.review.patch import Part, path_text

_OLD = 1_000_000
"""Bytes of an old version that is looked at for a generator's mark."""
_OLDS = 200
"""Old versions that are looked at, the largest first: what a generator writes is large."""
_ALL = 16_000_000
"""Bytes that are read for all of a diff."""


def wanted(changed: Sequence[Changed], sizes: Mapping[str, int]) -> tuple[str, ...]:
    """The blobs that `told` and `is_generated` ask for, within bounds of number and size."""
    first: list[str] = []
    olds: list[str] = []
    for one in changed:
        if MODULE in (one.old_mode, one.new_mode):
            continue
        if images.is_image(one.path) or notebooks.is_notebook(one.path):
            first += [oid for oid in one.blobs if sizes.get(oid, 0) <= notebooks.LARGEST]
        elif one.new_mode == LINK and one.old_path:
            first.append(one.new)
        elif one.old_mode not in (NO_FILE, LINK) and sizes.get(one.old, _OLD) < _OLD:
            olds.append(one.old)
    olds.sort(key=lambda oid: -sizes[oid])
    found: list[str] = []
    left = _ALL
    for oid in dict.fromkeys((*first, *olds[:_OLDS])):
        left -= sizes.get(oid, _ALL)
        if left < 0:
            break
        found.append(oid)
    return tuple(found)


def told(part: Part, contents: Mapping[str, bytes]) -> Iterator[str]:
    """What there is to say of a file besides its lines."""
    path = path_text(part.path)
    old = contents.get(part.old_oid) if part.old_there else None
    new = contents.get(part.new_oid) if part.new_there else None
    if images.is_image(path) and (old is not None or new is not None):
        sides = [_dimensions(path, data) for data in (old, new) if data is not None]
        yield "image, " + " → ".join(dict.fromkeys(sides))
    elif notebooks.is_notebook(path) and (old is not None or new is not None):
        missing = (part.old_there and old is None) or (part.new_there and new is None)
        yield notebooks.told(b"" if missing else old, new)
    elif part.new_mode == LINK and not part.hunks and new is not None:
        yield "symlink to " + path_text(new.partition(b"\n")[0])


def is_generated(
    part: Part, rules: tuple[generated.Rule, ...], contents: Mapping[str, bytes]
) -> bool:
    """Whether the tip says that nobody writes this file by hand; a notebook is told in words."""
    path = path_text(part.path)
    if notebooks.is_notebook(path) or generated.by_rule(path, rules):
        return True
    old = contents.get(part.old_oid, b"") if part.old_there else b""
    return generated.by_contents(old)


def _dimensions(path: str, data: bytes) -> str:
    size = images.dimensions(path, data)
    return f"{size[0]}×{size[1]}" if size else "dimensions unknown"
