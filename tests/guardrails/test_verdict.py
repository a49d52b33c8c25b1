from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from factory.config import Compare, GuardrailSpec
from factory.guardrails.verdict import (
    OUT_OF_SCOPE,
    applies,
    evidence_key,
    feedback,
    flaky,
    green,
    judge,
    stops,
    worse,
)
from factory.model import Judged, Outcome, Run, Verdict

SPEC = GuardrailSpec(name="tests", run="python -m pytest", kind="pytest")

ids = some.lists(
    some.sampled_from(["a.py", "a.py::t", "a.py::u", "b.py::t[x]", "c.py:F401:m", "coverage"]),
    unique=True,
).map(tuple)
outcomes = some.builds(
    Outcome,
    verdict=some.sampled_from(Verdict),
    summary=some.just("s"),
    failing=ids,
    passing=ids,
    counted=some.sampled_from([None, 0, 1, 5]),
)


def outcome(verdict: Verdict, *failing: str, passing: tuple[str, ...] = ()) -> Outcome:
    return Outcome(verdict=verdict, summary="s", failing=failing, passing=passing, counted=9)


def run(verdict: Verdict, guardrail: str = "tests", **more: object) -> Run:
    facts = {
        "id": "r", "guardrail": guardrail, "tree": "t", "key": "k", "tool": "v",
        "verdict": verdict, "summary": "3 failed, 120 passed", "exit_code": 1, "seconds": 1.0,
        "at": 0.0, "command": "python -m pytest",
    }  # fmt: skip
    return msgspec.convert(facts | more, Run)


@given(outcomes, some.sampled_from(Compare), some.none() | outcomes)
def test_judging_turns_nothing_but_a_pass_and_a_failure_by_ids_into_a_pass(
    said: Outcome, compare: Compare, tip: Outcome | None
) -> None:
    verdict, note = judge(said, compare, tip)
    if verdict is not Verdict.PASS:
        return
    assert said.counted != 0
    if said.verdict is not Verdict.PASS:
        assert said.verdict is Verdict.FAIL
        assert compare is Compare.NO_WORSE
        assert said.failing
        assert tip is not None
        assert tip.verdict in (Verdict.PASS, Verdict.FAIL, Verdict.WAIVED)
        assert worse(said, tip) == ()
        assert note


@given(outcomes, outcomes)
def test_a_second_run_makes_a_failure_flaky_and_never_a_pass(
    first: Outcome, again: Outcome
) -> None:
    found, _ = flaky(first, again)
    if found.verdict is not first.verdict:
        assert (first.verdict, found.verdict) == (Verdict.FAIL, Verdict.FLAKY)
        assert not set(first.failing) & set(again.failing)


def test_a_failure_is_held_against_the_tip_by_ids_only() -> None:
    tip = outcome(Verdict.FAIL, "a.py::t", "a.py::u", passing=("a.py::v",))
    better = outcome(Verdict.FAIL, "a.py::t", passing=("a.py::v", "a.py::u"))
    assert judge(better, Compare.NO_WORSE, tip) == (Verdict.PASS, "1 failure, all on the tip too")
    assert judge(better, Compare.STRICT, tip) == (Verdict.FAIL, "")
    other = outcome(Verdict.FAIL, "a.py::v", passing=("a.py::t", "a.py::u"))
    assert judge(other, Compare.NO_WORSE, tip)[0] is Verdict.FAIL
    nameless = outcome(Verdict.FAIL)
    assert judge(nameless, Compare.NO_WORSE, outcome(Verdict.FAIL))[0] is Verdict.FAIL


def test_old_sins_of_a_tip_that_passed_beside_its_own_tip_still_count_as_old() -> None:
    for verdict in (Verdict.PASS, Verdict.WAIVED):
        tip = run(verdict, failing=("a.py::t",))
        assert judge(outcome(Verdict.FAIL, "a.py::t"), Compare.NO_WORSE, tip)[0] is Verdict.PASS


def test_a_flaky_tip_excuses_nothing() -> None:
    tip = outcome(Verdict.FLAKY, "a.py::t")
    assert judge(outcome(Verdict.FAIL, "a.py::t"), Compare.NO_WORSE, tip)[0] is Verdict.FAIL


def test_without_a_tip_that_ran_nothing_can_be_compared() -> None:
    failed = outcome(Verdict.FAIL, "a.py::t")
    for tip in (None, outcome(Verdict.ERROR), outcome(Verdict.NOT_RUN), outcome(Verdict.STALE)):
        assert judge(failed, Compare.NO_WORSE, tip)[0] is Verdict.ERROR


def test_a_test_in_a_file_that_the_tip_cannot_collect_is_not_new_but_the_reverse_is() -> None:
    whole, one = outcome(Verdict.FAIL, "a.py"), outcome(Verdict.FAIL, "a.py::t")
    assert judge(one, Compare.NO_WORSE, whole)[0] is Verdict.PASS
    assert judge(whole, Compare.NO_WORSE, one)[0] is Verdict.FAIL


def test_a_failure_in_which_nothing_was_checked_is_not_excused() -> None:
    nothing = msgspec.structs.replace(outcome(Verdict.FAIL, "a.py"), counted=0)
    assert judge(nothing, Compare.NO_WORSE, nothing)[0] is Verdict.FAIL


def test_tests_that_are_gone_are_named() -> None:
    tip = outcome(Verdict.FAIL, "a.py::t", passing=("a.py::u", "a.py::v"))
    _, note = judge(outcome(Verdict.FAIL, "a.py::t", passing=("a.py::v",)), Compare.NO_WORSE, tip)
    assert note == "1 failure, all on the tip too; passed on the tip and did not run: a.py::u"


def test_only_if_all_that_failed_passes_again_is_it_flaky() -> None:
    first = outcome(Verdict.FAIL, "a.py::t", "b.py")
    some_pass = outcome(Verdict.PASS, passing=("a.py::t",))
    found, note = flaky(first, some_pass)
    assert found is first
    assert note == "passed when run again: a.py::t"
    all_pass = outcome(Verdict.PASS, passing=("a.py::t", "b.py::now_collected"))
    assert flaky(first, all_pass)[0].verdict is Verdict.FLAKY
    assert flaky(first, outcome(Verdict.ERROR))[0] is first


def test_one_byte_in_anything_that_a_verdict_rests_on_voids_the_evidence() -> None:
    key = evidence_key(SPEC, "environment", "pytest 9.2.0")
    assert key == evidence_key(SPEC, "environment", "pytest 9.2.0")
    others = {
        evidence_key(SPEC, "environment.", "pytest 9.2.0"),
        evidence_key(SPEC, "environment", "pytest 9.2.1"),
        evidence_key(SPEC, "environmentp", "ytest 9.2.0"),
    }
    changes: dict[str, object] = {
        "name": "test", "run": "python -m pytest ", "kind": "command", "compare": Compare.NO_WORSE,
        "timeout": 601.0, "when": ("*.py",), "fix": "ruff format", "version": "pytest -V",
        "services": ("db",),
    }  # fmt: skip
    assert set(changes) == set(GuardrailSpec.__struct_fields__), "a new field needs its case here"
    for field, value in changes.items():
        changed = msgspec.structs.replace(SPEC, **{field: value})
        others.add(evidence_key(changed, "environment", "pytest 9.2.0"))
    assert len(others) == 3 + len(changes)
    assert key not in others


def test_a_guardrail_applies_where_a_changed_path_is_in_its_scope() -> None:
    assert applies(SPEC, ())
    scoped = msgspec.structs.replace(SPEC, when=("src/**", "*.toml"))
    assert applies(scoped, ["docs/a.md", "src/deep/a.py"])
    assert applies(scoped, ["pyproject.toml"])
    assert not applies(scoped, ["docs/a.md"])
    assert not applies(scoped, [])


def judged(*verdicts: Verdict, note: str = "") -> list[Judged]:
    return [Judged(guardrail=f"g{n}", verdict=v, note=note) for n, v in enumerate(verdicts)]


def test_green_is_every_guardrail_in_scope_passed_or_waived_and_one_at_least() -> None:
    aside = judged(Verdict.NOT_RUN, note=OUT_OF_SCOPE)
    assert green(judged(Verdict.PASS, Verdict.WAIVED))
    assert green([*judged(Verdict.PASS), *aside])
    assert not green([])
    assert not green(aside)
    assert not green(judged(Verdict.PASS, Verdict.NOT_RUN)), "left out after a red one"


@given(some.lists(some.sampled_from(Verdict)).map(tuple))
def test_no_verdict_but_pass_and_waived_is_ever_in_a_green_change(
    verdicts: tuple[Verdict, ...],
) -> None:
    if green(judged(*verdicts)):
        assert set(verdicts) <= {Verdict.PASS, Verdict.WAIVED}
        assert not any(map(stops, verdicts))


def test_feedback_gives_totals_first_then_each_red_run_and_how_to_reproduce_it() -> None:
    red = [
        run(Verdict.FAIL, details="FAILED a.py::t\n  assert 3 == 4"),
        run(Verdict.ERROR, "types", summary="the tool mypy is missing", command="mypy ."),
    ]
    notes = [Judged(guardrail="tests", verdict=Verdict.FAIL, note="1 new: a.py::t")]
    assert feedback(red, notes).splitlines() == [
        "2 guardrails not green: tests FAIL, types ERROR",
        "FAIL tests: 3 failed, 120 passed",
        "  1 new: a.py::t",
        "  reproduce: python -m pytest",
        "  FAILED a.py::t",
        "    assert 3 == 4",
        "ERROR types: the check itself could not run: the tool mypy is missing",
        "  reproduce: mypy .",
    ]
    assert feedback([]) == ""


@given(some.lists(some.sampled_from([0, 1, 5, 20]), min_size=1, max_size=40))
def test_feedback_has_20_lines_at_most_and_names_each_guardrail_while_there_is_room(
    sizes: list[int],
) -> None:
    red = [
        run(Verdict.FAIL, f"g{n}", details="\n".join(["x" * 500] * size), summary="s\nt")
        for n, size in enumerate(sizes)
    ]
    lines = feedback(red).splitlines()
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 200
    if len(sizes) <= 19:
        assert all(any(line.startswith(f"FAIL g{n}:") for line in lines) for n in range(len(sizes)))
