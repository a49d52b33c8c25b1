"""Which branch changes land on."""

from __future__ import annotations

from collections.abc import Sequence

from factory.config import FILE
from factory.configfile import parse
from factory.git.repository import Repository
from factory.model import ConfigError, RepositoryError

_USUAL = ("main", "master")


async def chosen(repository: Repository) -> str:
    """The branch whose own factory.toml names it, else `main`, else `master`, else any.

    `main` where there is no branch at all. Raises RepositoryError where a branch is named that is
    not there.
    """
    branches = await repository.branches()
    named = await _named(repository, branches)
    own = [branch for branch in branches if named.get(branch) == branch]
    if own:
        return own[0]
    usual = [branch for branch in _USUAL if branch in branches] or list(branches) or ["main"]
    wanted = named.get(usual[0], "")
    if wanted and wanted not in branches:
        raise RepositoryError(
            f"{FILE} on {usual[0]} names the target branch {wanted!r}, which does not exist in "
            f"{repository.path} (there is {', '.join(branches[:5])}); create it, or correct "
            "`target` and commit"
        )
    return wanted or usual[0]


async def _named(repository: Repository, branches: Sequence[str]) -> dict[str, str]:
    """The target that each branch's factory.toml names, without those that name none.

    Each version is read once: most of ten thousand branches have the same. What cannot be read,
    in a partial clone say, names none here; bringing the target into the vault says why.
    """
    if not branches:
        return {}
    names = "".join(f"refs/heads/{branch}:{FILE}\n" for branch in branches)
    line = ("cat-file", "--batch-check=%(objectname) %(objecttype)")
    said = await repository.ask(*line, stdin=names.encode(), ok=(0, 128))
    versions = {
        branch: answer.removesuffix(" blob")
        for branch, answer in zip(branches, said.text.split("\n"), strict=False)
        if answer.endswith(" blob")
    }
    targets = {}
    for blob in set(versions.values()):
        read = await repository.ask("cat-file", "blob", blob, ok=(0, 128))
        targets[blob] = _target(read.out)
    return {branch: targets[blob] for branch, blob in versions.items() if targets[blob]}


def _target(text: bytes) -> str:
    """The target that a factory.toml names; empty where it does not, or has mistakes."""
    try:
        return parse(text.decode()).target
    except (ConfigError, UnicodeDecodeError):
        return ""
