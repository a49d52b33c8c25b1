"""What you see is what lands: changes made to be overlooked, in a real engine's real review."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from textual.app import ComposeResult

from factory.client import Client
from factory.model import Struct, TaskState
from factory.review import badges
from factory.wire import Look
from tests.developer import Developer
from tests.screen import segments_of
from tests.trees import LINK, MODULE, PROGRAM, File, Trees
from tests.trust.base import Control, Outcome
from tests.trust.evading import LANDING, REFUSED, Evasion
from tests.trust.evading.base import Files
from tests.trust.evading.naive import seen
from tests.works import Works, settings, works
from tui.diff.document import Document
from tui.screens.reviewing.fetching import Question, document_of, fetch
from tui.theme import Themed
from tui.widgets.diff import DiffView

QUICKLY, WHOLLY = (80,), (80, 120)
"""Columns of the screens."""
FEWEST = 40
"""Evasions that plain `git diff` must hide, or they prove nothing."""


class Screen(Themed):
    """The review's own diff on a screen so tall that all of it shows."""

    def compose(self) -> ComposeResult:
        yield DiffView()


class Shown(Struct):
    """What stands on the screen for each evasion, and which tree it is."""

    tree: str
    texts: Mapping[str, str]
    paths: frozenset[str]


def places(evasions: Sequence[Evasion]) -> dict[str, Evasion]:
    """Each evasion by its folder."""
    kind = "e" if evasions is LANDING else "r"
    return {f"{kind}{number:02}": evasion for number, evasion in enumerate(evasions)}


def placed(evasions: Sequence[Evasion], side: str) -> dict[bytes, File]:
    """One side of all evasions, each in its folder."""
    found: dict[bytes, File] = {}
    for place, evasion in places(evasions).items():
        files: Files = getattr(evasion, side)
        for path, file in files.items():
            name = f"{place}/".encode() + path
            found[name] = file if isinstance(file, File) else File(contents=file)
        keep = f"{place}/keep".encode()
        found[keep] = File(contents=b"kept\n")
    return found


def unpack(files: Mapping[bytes, File], evasions: Sequence[Evasion]) -> str:
    """A script that puts exactly these files there, as an agent could."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for path, file in files.items():
            if file.mode != MODULE:
                tar.addfile(_member(path, file), io.BytesIO(file.contents))
    text = base64.encodebytes(packed.getvalue()).decode()
    lines = [f"base64 -d <<'END' | tar xzf -\n{text}END"]
    if evasions is LANDING:
        lines.insert(0, "rm -rf e[0-9]*")
    for place, evasion in places(evasions).items():
        if evasion.script:
            lines.append(f"(cd {place}; {evasion.script})")
    return "\n".join(lines)


def _member(path: bytes, file: File) -> tarfile.TarInfo:
    member = tarfile.TarInfo(os.fsdecode(path))
    member.mode = 0o755 if file.mode == PROGRAM else 0o644
    if file.mode == LINK:
        member.type, member.linkname = tarfile.SYMTYPE, os.fsdecode(file.contents)
    else:
        member.size = len(file.contents)
    return member


def write(folder: Path, files: Mapping[bytes, File]) -> None:
    """Put files into the developer's checkout."""
    for name, file in files.items():
        path = folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.mode == LINK:
            path.symlink_to(os.fsdecode(file.contents))
        else:
            path.write_bytes(file.contents)


# --- what stands on the screen -------------------------------------------------------------


async def screens(
    client: Client, task: str, look: Look, evasions: Sequence[Evasion], sizes: Sequence[int]
) -> Shown:
    """The review of a task as its real widget draws it, taken apart by evasion."""
    texts = {evasion.name: "" for evasion in evasions}
    tree, paths = "", frozenset[str]()
    for columns in sizes:
        question = Question(task, look, 3)
        fetched = await fetch(client, question, page=True)
        document = document_of(fetched, question, lambda: client, lambda: None)
        for page in document.pages.missing(range(document.index.rows)):
            await document.pages.load(page)
        tree = document.index.tree
        paths |= {file.path for file in document.index.files}
        for row, line in await _drawn(document, columns):
            file = next(f for f in document.index.files if f.row <= row < f.row + f.rows)
            texts[places(evasions)[file.path[:3]].name] += line.rstrip() + "\n"
    return Shown(tree=tree, texts=texts, paths=paths)


async def _drawn(document: Document, columns: int) -> list[tuple[int, str]]:
    app = Screen()
    async with app.run_test(size=(columns, document.index.rows + 10)) as pilot:
        view = app.query_one(DiffView)
        view.show(document)
        await app.workers.wait_for_complete()
        await pilot.pause()
        lines = ["".join(segment.text for segment in line) for line in segments_of(app)]
        return [(spot.row, line) for spot, line in zip(view.spots(), lines, strict=False)]


# --- what plain git shows ------------------------------------------------------------------


def plain(folder: Path, evasions: Sequence[Evasion]) -> set[str]:
    """The evasions that look like their harmless twins in what plain `git diff` prints."""
    trees = Trees(folder)
    told = {}
    for side in ("right", "twin"):
        trees.said(placed(evasions, "left"), placed(evasions, side))
        trees.git("checkout", "-qf", "r")
        told[side] = _by_place(trees.git("diff", "l", "r"))
    return {
        evasion.name
        for place, evasion in places(evasions).items()
        if told["right"].get(place) == told["twin"].get(place)
    }


def _by_place(diff: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in re.split(rb"(?m)^diff --git (?=\"?a/)", diff)[1:]:
        place = part.lstrip(b'"')[2:5].decode()
        found[place] = found.get(place, "") + seen(part.decode(errors="replace")) + "\n"
    return found


# --- the trial -----------------------------------------------------------------------------


async def _story(developer: Developer, sizes: Sequence[int]) -> list[str]:
    """What was not to be seen, or was seen and is not what landed."""
    write(developer.path, placed(LANDING, "left"))
    developer.commit({"factory.toml": settings(top="waiting_at_most = 0\nrounds = 0")})
    wrong: list[str] = []
    async with works(developer) as factory:
        change = await factory.ready("Evade", unpack(placed(LANDING, "right"), LANDING))
        twin = await factory.ready("Do no harm", unpack(placed(LANDING, "twin"), LANDING))
        shown = await screens(factory.client, change, Look.CHANGE, LANDING, sizes)
        harmless = await screens(factory.client, twin, Look.CHANGE, LANDING, sizes)
        wrong += [e.name for e in LANDING if not _is_seen(e, shown, harmless.texts[e.name])]
        await factory.land(change)
        if developer.git("rev-parse", "main^{tree}") != shown.tree:
            wrong.append("what landed is not the tree that was shown")
        wrong += await _refused(factory)
    return wrong


def _is_seen(evasion: Evasion, shown: Shown, harmless: str = "") -> bool:
    text = shown.texts[evasion.name]
    place = next(folder for folder, one in _PLACES.items() if one is evasion)
    if any(f"{place}/{path}" in shown.paths for path in evasion.absent):
        return False
    seen_words = any(words in text and words not in harmless for words in evasion.shows)
    return seen_words or bool(evasion.absent)


_PLACES = places(LANDING) | places(REFUSED)


async def _refused(factory: Works) -> list[str]:
    """Each alone: the tree check names one thing."""
    wrong: list[str] = []
    files = placed(REFUSED, "right")
    for place, evasion in places(REFUSED).items():
        own = {path: file for path, file in files.items() if path.startswith(place.encode())}
        alone = f"mkdir -p {place}; cd {place}; {evasion.script}" if evasion.script else ""
        task = await factory.add(evasion.name, alone or unpack(own, ()))
        if evasion.absent:
            await factory.until(task, TaskState.READY)
            shown = await screens(factory.client, task, Look.CHANGE, REFUSED, QUICKLY)
            good = _is_seen(evasion, shown)
        else:
            parked = (await factory.until(task, TaskState.PARKED)).task.parked
            shown = await screens(factory.client, task, Look.LIVE, REFUSED, QUICKLY)
            good = parked is not None and f"{place}/" in parked.message
            good = good and _is_seen(evasion, shown)
        wrong += [] if good else [evasion.name]
    return wrong


@contextmanager
def _home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    with mock.patch.dict(os.environ, {"FACTORY_TUI_HOME": str(folder / "state")}):
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


def evasions(full: bool) -> Outcome:
    """All of them, whatever the size: in one change, and in what the tree check refuses."""
    with _home() as folder:
        wrong = asyncio.run(_story(Developer(folder / "project"), WHOLLY if full else QUICKLY))
        hidden = plain(folder / "plain", LANDING)
    tried = len(LANDING) + len(REFUSED) + 1
    return Outcome(
        tried=tried,
        held=tried - len(wrong),
        control=f"plain git diff shows {len(hidden)} of {len(LANDING)} like a harmless twin"
        + (f"; without badges {_badgeless()} are not to be seen" if full else ""),
        proven=len(hidden) >= FEWEST,
        notes=tuple(f"not seen: {name}" for name in wrong),
    )


def _badgeless() -> int:
    nothing = mock.Mock(return_value=())
    with _home() as folder, mock.patch.multiple(badges, of_text=nothing, of_name=nothing):
        return len(asyncio.run(_story(Developer(folder / "project"), QUICKLY)))


CONTROLS = (
    Control(
        name="review-evasions",
        promise="what is made to be overlooked shows in the review, or has a badge, and lands as "
        "it was shown",
        run=evasions,
    ),
)
