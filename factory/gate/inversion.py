"""The tip's tests, each made to fail: one that passes all the same was not what decided."""

from __future__ import annotations

from factory.gate.asking import Asked, Asker, Heard, by_chance, file_of, name_of
from factory.gate.judging import Subject
from factory.git.comparisons import FILE, Changed
from factory.git.edited import with_versions
from factory.guardrails.excerpt import counted, named
from factory.guardrails.pytest import MOST_AGAIN
from factory.model import Mark, Run

MOST_FILES = 40
"""Files of tests that are made to fail; of a larger suite, a choice that the tree makes."""
QUESTION = "the target's tests, each made to fail at its first line"


class Inversion:
    """Asks tests that cannot pass."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._shop = asker.shop

    async def ask(self, asked: Asked) -> Heard:
        """Tests that cannot pass, and do: whatever made them, it is not the code under test."""
        subject = asked.subject
        if not asked.run.passing or asked.overlaid == subject.tip.tree or _is_prose(subject):
            return Heard()
        tip = await self._asker.judging.on_tip(subject, asked.spec)
        there, expected = await self._inverted(asked, subject.tip.tree, tip.passing)
        here, _ = await self._inverted(asked, asked.overlaid, tip.passing)
        if there is None or here is None:
            return Heard()
        failed = set(here.failing)
        able = [name for name in there.failing if name in expected]
        if not able:
            return Heard()  # on the target nothing that had to fail did: this says nothing
        sound = [name for name in able if name not in failed]
        if not sound:
            text = f"{len(able)} of {len(able)} failed, as they had to"
            return Heard(witnesses=(asked.answer(QUESTION, here, text, against=False),))
        text = f"{counted(len(sound), 'test')} made to fail did not: {named(sound)}"
        return Heard(
            weakened=(asked.spec.name,),
            marks=(Mark(kind="tests cannot fail", path=file_of(sound[0]), text=text),),
            witnesses=(asked.answer(QUESTION, here, text, against=True),),
        )

    async def _inverted(
        self, asked: Asked, tree: str, ids: tuple[str, ...]
    ) -> tuple[Run | None, frozenset[str]]:
        """A run of a tree's tests with each made to fail, and the ids that have to."""
        paths = sorted({file_of(name) for name in ids}, key=by_chance)
        changed: list[Changed] = []
        expected: set[str] = set()
        for path in paths[:MOST_FILES]:
            text = await self._shop.vault.objects.file(tree, path)
            found = asked.kind.inverted(path, text.decode(errors="replace")) if text else None
            if found is not None:
                changed.append(await self._replacement(path, found.text))
                expected |= {
                    name for name in ids if file_of(name) == path and name_of(name) in found.names
                }
        command = asked.spec.run
        if len(paths) > MOST_FILES:
            expected = set(sorted(expected, key=by_chance)[:MOST_AGAIN])
            rest = tuple({*paths} - {file_of(name) for name in expected})
            command = asked.kind.among(asked.spec, tuple(sorted(expected)), rest) or ""
        if not expected or not command:
            return None, frozenset()
        made = await with_versions(self._shop.vault, tree, changed)
        run = await self._asker.evidence(asked.variant("must-fail", command), made, asked)
        return run, frozenset(expected)

    async def _replacement(self, path: str, text: str) -> Changed:
        written = await self._shop.vault.git("hash-object", "-w", "--stdin", stdin=text.encode())
        oid = written.text
        return Changed(path=path, status="M", old_mode=FILE, new_mode=FILE, old=oid, new=oid,
                       name=path.encode())  # fmt: skip


def _is_prose(subject: Subject) -> bool:
    """Whether nothing but documentation was changed."""
    return all(path.endswith((".md", ".rst", ".adoc")) for path in subject.paths)
