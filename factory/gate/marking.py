"""The tamper marks of a candidate: its files are read, and its tests where they matter."""

from __future__ import annotations

import asyncio

from factory import tamper
from factory.gate.judging import Subject
from factory.model import Mark
from factory.review.kinds import is_test
from factory.shop import Shop

_MOST = 400
"""Files of tests that are read, so that a large repository does not take minutes."""
_LARGEST = 200_000
"""Bytes of such a file."""


async def marks(shop: Shop, subject: Subject) -> tuple[Mark, ...]:
    """What in a change makes its checks say less than they did."""
    files: list[tamper.Edited] = []
    blob = shop.vault.objects.blob
    for change in subject.changed:
        if change.submodule:
            continue
        old = None if change.status == "A" else await blob(change.old)
        new = None if change.status == "D" else await blob(change.new)
        files.append(tamper.Edited(path=change.path, old=old, new=new))
    tests = await _tests(shop, subject.tree) if tamper.reads_tests(files) else ()
    protected = subject.config.protected
    return await asyncio.to_thread(tamper.marks, files, protected=protected, tests=tests)


async def _tests(shop: Shop, tree: str) -> tuple[str, ...]:
    """The texts of a tree's Python tests."""
    vault = shop.vault
    tests = [oid for path, oid in await vault.files(tree) if path.endswith(".py") and is_test(path)]
    sizes = await vault.sizes(tuple(tests))
    read = [oid for oid in tests if sizes.get(oid, 0) <= _LARGEST][:_MOST]
    return tuple([(await vault.objects.blob(oid)).decode(errors="replace") for oid in read])
