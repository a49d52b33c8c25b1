"""Which branch changes land on."""

from __future__ import annotations

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
    named = {branch: await _named(repository, branch) for branch in branches}
    own = [branch for branch in branches if named[branch] == branch]
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


async def _named(repository: Repository, branch: str) -> str:
    """The target that a branch's factory.toml names; empty where it does not, or has mistakes."""
    text = await repository.file(branch, FILE)
    try:
        return parse(text.decode()).target if text is not None else ""
    except (ConfigError, UnicodeDecodeError):
        return ""
