from __future__ import annotations

from factory.model import Run, Verdict
from factory.review.results import compare, has_ids


def run(name: str, passing: tuple[str, ...] = (), failing: tuple[str, ...] = ()) -> Run:
    return Run(
        id=name, guardrail="tests", tree="t", key="k", tool="", verdict=Verdict.PASS, summary="",
        exit_code=0, seconds=1.0, at=0.0, passing=passing, failing=failing,
    )  # fmt: skip


def test_every_test_is_named_once_by_what_became_of_it() -> None:
    old = run("tip", passing=("keeps", "breaks", "goes"), failing=("mends", "stays"))
    new = run("change", passing=("keeps", "mends", "comes"), failing=("breaks", "stays", "fails"))
    found = compare(new, "3f2a9c1", old)
    assert found.broken == ("breaks", "fails")
    assert (found.still, found.mended) == (("stays",), ("mends",))
    assert (found.new_ones, found.gone, found.kept) == (("comes",), ("goes",), 1)
    assert (found.run, found.tip_run) == ("change", "tip")


def test_a_test_that_failed_and_is_no_more_is_gone_and_not_mended() -> None:
    found = compare(run("change", passing=("a",)), "t", run("tip", ("a",), ("hidden",)))
    assert (found.gone, found.mended) == (("hidden",), ())


def test_a_tool_that_names_findings_only_has_none_that_are_gone() -> None:
    found = compare(run("change", failing=("a.py:E1",)), "t", run("tip", failing=("b.py:E2",)))
    assert (found.broken, found.mended) == (("a.py:E1",), ("b.py:E2",))
    assert (found.new_ones, found.gone) == ((), ())


def test_without_a_run_on_the_tip_nothing_is_compared() -> None:
    found = compare(run("change", failing=("a",)), "3f2a9c1", None)
    assert (found.tip_run, found.broken, found.gone) == ("", (), ())
    assert not has_ids(run("silent"))
