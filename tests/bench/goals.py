"""What the figures should be, on two cores and nothing else to do; docs/ say why."""

from __future__ import annotations

from collections.abc import Mapping

GOALS: Mapping[tuple[str, str], tuple[str, float]] = {
    ("panes", "key_p95_ms"): ("<=", 33),
    ("panes", "key_max_ms"): ("<=", 50),
    ("panes", "ratio"): (">=", 10),
    ("paint", "first_paint_s"): ("<=", 0.4),
    ("paint", "first_paint_ratio"): ("<=", 1.6),
    ("paint", "client_mb"): ("<=", 60),
    ("diff", "open_10k_ms"): ("<=", 120),
    ("diff", "open_100k_ms"): ("<=", 120),
    ("diff", "open_2000_files_ms"): ("<=", 120),
    ("diff", "open_ratio"): ("<=", 1.5),
    ("diff", "engine_first_ms"): ("<=", 120),
    ("diff", "engine_open_ms"): ("<=", 120),
    ("diff", "engine_restarted_ms"): ("<=", 120),
    ("diff", "open_page_ms"): ("<=", 120),
    ("diff", "page_to_diff_ms"): ("<=", 120),
    ("diff", "frame_p99_ms"): ("<=", 16),
    ("diff", "memory_mb"): ("<=", 100),
    ("diff", "ratio"): (">=", 20),
    ("rivals", "less_end_ratio"): (">=", 1),
    ("rivals", "nit_first_ratio"): (">=", 1),
    ("ssh", "line_p99_bytes"): ("<=", 4_000),
    ("landing", "landing_ms"): ("<=", 250),
    ("landing", "next_landing_ms"): ("<=", 250),
    ("worktree", "warm_ms"): ("<=", 250),
    ("worktree", "beside_deletion_ms"): ("<=", 250),
    ("engine", "engine_mb"): ("<=", 150),
    ("engine", "idle_percent"): ("<=", 0.2),
    ("sixteen", "key_p95_ms"): ("<=", 33),
    ("sixteen", "engine_mb"): ("<=", 150),
    ("sixteen", "words_lost"): ("<=", 0),
    ("sixteen", "status_wrong"): ("<=", 0),
    ("start", "working_s"): ("<=", 5),
}
"""By module and figure: how it is compared, and with what."""


def met(module: str, figure: str, value: float) -> bool | None:
    """Whether a figure meets its goal; None where it has none."""
    goal = GOALS.get((module, figure))
    if goal is None:
        return None
    sign, limit = goal
    return value <= limit if sign == "<=" else value >= limit
