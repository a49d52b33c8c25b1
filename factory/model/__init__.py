"""The words of the factory as frozen data, and its tree of errors. No I/O.

Times are seconds since the epoch (float, UTC). Money is US dollars (float). Trees and commits are
full hexadecimal object ids of the vault.
"""

from __future__ import annotations

from factory.model.comment import Anchor, Comment, CommentKind, CommentState
from factory.model.errors import (
    RUNS_ALREADY,
    AgentError,
    ConfigError,
    EngineError,
    FactoryError,
    GitError,
    NotNowError,
    RepositoryError,
    SandboxError,
    StoreError,
    UnknownError,
    cause,
    sentence,
)
from factory.model.evidence import Change, Judged, Lane, Mark, Outcome, Run, Verdict, Witness
from factory.model.struct import Struct
from factory.model.task import (
    AcceptRule,
    Before,
    Budget,
    Decision,
    Draft,
    Handoff,
    Hears,
    Landing,
    Parked,
    ParkReason,
    Part,
    Pending,
    Spend,
    Task,
    TaskState,
)

__all__ = [
    "RUNS_ALREADY",
    "AcceptRule",
    "AgentError",
    "Anchor",
    "Before",
    "Budget",
    "Change",
    "Comment",
    "CommentKind",
    "CommentState",
    "ConfigError",
    "Decision",
    "Draft",
    "EngineError",
    "FactoryError",
    "GitError",
    "Handoff",
    "Hears",
    "Judged",
    "Landing",
    "Lane",
    "Mark",
    "NotNowError",
    "Outcome",
    "ParkReason",
    "Parked",
    "Part",
    "Pending",
    "RepositoryError",
    "Run",
    "SandboxError",
    "Spend",
    "StoreError",
    "Struct",
    "Task",
    "TaskState",
    "UnknownError",
    "Verdict",
    "Witness",
    "cause",
    "sentence",
]
