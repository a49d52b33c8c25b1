"""The tree of our errors."""

from __future__ import annotations

import errno

from factory.model.task import ParkReason


class FactoryError(Exception):
    """Root of our errors. The message names the thing, the cause and the way out."""

    exit_code = 1


class NotNowError(FactoryError):
    """What was asked cannot be done in the state the task is in."""


class UnknownError(FactoryError):
    """A task, comment or run of that name does not exist."""


class ConfigError(FactoryError):
    """factory.toml has mistakes; `problems` holds one sentence each, key first."""

    exit_code = 2

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("factory.toml: " + "\n  ".join(problems))
        self.problems = problems


class RepositoryError(FactoryError):
    """The developer's repository cannot be used as it stands."""

    exit_code = 2


class GitError(FactoryError):
    """A git command failed; `stderr` is foreign text."""

    def __init__(self, message: str, *, code: int = 1, stderr: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.stderr = stderr


class SandboxError(FactoryError):
    """The sandbox could not be set up, or the program in it could not be started."""

    exit_code = 3


class StoreError(FactoryError):
    """The database cannot be opened or written."""


RUNS_ALREADY = "an engine already runs for"
"""How an engine begins that finds another one in its place."""


class EngineError(FactoryError):
    """The engine cannot be reached, is of another version, or runs already."""

    exit_code = 4


class AgentError(FactoryError):
    """An agent could not go on; `reason` says how the task is parked."""

    def __init__(
        self, message: str, *, reason: ParkReason = ParkReason.ERROR, until: float | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.until = until


def cause(error: BaseException) -> BaseException:
    """What went wrong first, out of the groups that asyncio's TaskGroup raises."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def sentence(error: OSError) -> str:
    """What the system refused: the file, the cause, and for a full disk the way out."""
    where = f"{error.filename}: " if error.filename else ""
    cause = f"{where}{error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{cause}; free some disk space, nothing that was confirmed is lost"
    return cause
