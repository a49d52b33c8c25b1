"""The tamper marks of a candidate: its files are read, and its tests where they matter."""

from __future__ import annotations

import asyncio

from factory import tamper
from factory.gate.judging import Subject
from factory.model import Mark
from factory.review.kinds import is_test
from factory.shop import Shop

_MOST = 400
"""Files of tests that are read."""
_LARGEST = 200_000
"""Bytes of such a file."""


async def marks(shop: Shop, subject: Subject) -> tuple[Mark, ...]:
    """What in a change makes its checks say less than they did."""
    files: list[tamper.Edited] = []
    blob = shop.vault.objects.blob
    for change in subject.changed:
        if "160000" in (change.old_mode, change.new_mode):
            continue
        old = None if change.status == "A" else await blob(change.old)
        new = None if change.status == "D" else await blob(change.new)
        files.append(tamper.Edited(path=change.path, old=old, new=new))
    tests = await _tests(shop, subject.tree) if tamper.reads_tests(files) else ()
    protected = subject.config.protected
    return await asyncio.to_thread(tamper.marks, files, protected=protected, tests=tests)


async def _tests(shop: Shop, tree: str) -> tuple[str, ...]:
    """The texts of a tree's Python tests."""
    listing = await shop.vault.git("ls-tree", "-r", "-z", "-l", tree)
    found: list[str] = []
    for line in listing.names:
        head, _, path = line.partition("\t")
        mode, kind, oid, size = head.split()
        plain = kind == "blob" and mode != "120000" and int(size) <= _LARGEST
        if plain and path.endswith(".py") and is_test(path):
            found.append((await shop.vault.objects.blob(oid)).decode(errors="replace"))
        if len(found) == _MOST:
            break
    return tuple(found)
