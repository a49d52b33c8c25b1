"""The trial of planted programs is whole: it knows each place that runs git, and misses what lacks.

The trial itself is `python -m tests.trust git-vectors`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.developer import Developer
from tests.git.cellar import cellar
from tests.trust.vectors import sites
from tests.trust.vectors.plants import VECTORS
from tests.trust.vectors.recording import Line, Recorder
from tests.trust.vectors.replay import Ground
from tests.works import told


def line(*words: str) -> Line:
    return Line(whole=("git", "-c", "a=b", *words), env=(), cwd=Path("/"))


def test_every_room_that_runs_git_has_its_places() -> None:
    files = {site.place.partition(":")[0] for site in sites.sites()}
    rooms = ("comparisons", "modules", "obstacles", "place", "repository", "soundness", "trees")
    assert {f"git/{room}.py" for room in (*rooms, "vault")} <= files
    assert "gate/inversion.py" in files


def test_a_place_whose_line_never_came_is_named() -> None:
    everything = [Line(whole=site.words, env=(), cwd=Path("/")) for site in sites.sites()]
    assert sites.unseen(everything) == ()
    fewer = [one for one in everything if "merge-tree" not in one.whole]
    assert [site.place.partition(":")[0] for site in sites.unseen(fewer)] == [
        "git/comparisons.py",
        "git/vault.py",
    ]


def test_lines_are_the_same_but_for_ids_and_folders() -> None:
    one = line("read-tree", "-u", "a" * 40)
    assert one.shape == line("read-tree", "-u", "b" * 40).shape == "read-tree -u OID"
    assert one.shape != line("read-tree", "a" * 40).shape


@told
async def test_whatever_starts_git_is_heard_whichever_way_it_goes(developer: Developer) -> None:
    recorder = Recorder(developer.path)
    with recorder.recording():
        async with cellar(developer) as vault:
            await vault.vault.objects.commit(vault.base)  # by GitPython
            await vault.vault.git("hash-object", "--stdin", stdin=b"x")
    shapes = [one.shape for one in recorder.lines]
    assert "cat-file --batch" in shapes
    assert "hash-object --stdin [stdin]" in shapes
    assert any(shape.startswith("rev-parse --path-format=absolute --is-bare") for shape in shapes)
    before = recorder.count
    async with cellar(developer):
        assert recorder.count == before, "it listens no longer"


def test_a_line_without_the_wrapper_sets_a_plant_off_and_with_it_does_not(
    developer: Developer, home: Path
) -> None:
    recorder = Recorder(developer.path)

    async def look() -> Path:
        async with cellar(developer) as vault:
            folder = await vault.worktree()
            (folder / "a.txt").write_text("2\n")
            with recorder.recording():
                await vault.tree(folder)
            return vault.vault.root

    developer.commit({"a.txt": "1\n"})
    ground = Ground(home, developer, asyncio.run(look()))
    adding = next(one for one in recorder.lines if one.words[0] == "add")
    planted = next(one for one in VECTORS if one.name == "core.fsmonitor")
    ground.arm(planted)
    assert ground.hardened(adding, planted).ran == ()
    assert ground.plain(adding, planted).ran
