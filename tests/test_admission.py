"""Who may begin, and when too much waits for a person already."""

from __future__ import annotations

from msgspec.structs import replace

from factory import admission
from factory.config import AgentSpec, Config
from factory.model import Parked, ParkReason, Task, TaskState

CONFIG = Config(agent="any", agents=(AgentSpec(name="any", kind="command", run="true"),))


def task(name: str, state: TaskState, parked: Parked | None = None) -> Task:
    return Task(id=name, title=name, agent="any", created_at=0, changed_at=0, state=state,
                parked=parked)  # fmt: skip


def parked(reason: ParkReason, until: float | None = None) -> Task:
    aside = Parked(reason=reason, message="", until=until)
    return task(f"parked {reason}", TaskState.PARKED, aside)


def ready(count: int) -> list[Task]:
    return [task(f"ready-{number}", TaskState.READY) for number in range(count)]


NEXT = task("next", TaskState.QUEUED)


def test_below_the_limit_nothing_is_held_back() -> None:
    assert admission.held([*ready(5), NEXT], CONFIG) == ""


def test_at_the_limit_it_says_how_many_wait_and_what_helps() -> None:
    said = "6 changes wait for you; nothing new starts until you decide on one"
    assert admission.held([*ready(6), NEXT], CONFIG) == said
    assert admission.held([*ready(8), NEXT], CONFIG).endswith("until you decide on 3")
    one = replace(CONFIG, waiting_at_most=1)
    assert admission.held([*ready(1), NEXT], one).startswith("1 change waits for you; nothing")


def test_nought_is_no_limit() -> None:
    assert admission.held([*ready(60), NEXT], replace(CONFIG, waiting_at_most=0)) == ""


def test_where_nothing_could_start_nothing_is_said() -> None:
    after = replace(NEXT, after=("ready-0",))
    assert admission.held(ready(6), CONFIG) == ""
    assert admission.held([*ready(6), after], CONFIG) == ""


def test_only_what_waits_for_a_person_counts() -> None:
    for reason in (ParkReason.QUESTION, ParkReason.CONFLICT, ParkReason.STUCK, ParkReason.BUDGET):
        assert admission.waits_for_person(parked(reason))
    others = [
        parked(ParkReason.PAUSED), parked(ParkReason.RATE_LIMITED, until=10.0),
        parked(ParkReason.BUDGET, until=10.0),
        *(task(state, state) for state in TaskState if state is not TaskState.READY),
    ]  # fmt: skip
    assert not any(map(admission.waits_for_person, others))


def test_into_a_limit_nothing_begins_whichever_agent_has_the_account() -> None:
    def agent(name: str, **more: object) -> AgentSpec:
        return replace(AgentSpec(name=name, kind="command", run="true"), **more)

    agents = (
        agent("any", login=("~/.a",)), agent("same", login=("~/.a/",)), agent("other"),
        agent("model", kind="claude"), agent("small", kind="claude", model="small"),
    )  # fmt: skip
    config = replace(CONFIG, agents=agents, agents_at_once=9)
    queued = [replace(task(spec.name, TaskState.QUEUED), agent=spec.name) for spec in agents]
    limit = Parked(reason=ParkReason.RATE_LIMITED, message="", until=10.0)

    def begins(limited: str) -> list[str]:
        aside = replace(task("aside", TaskState.PARKED, limit), agent=limited)
        return [one.id for one, _ in admission.admitted([aside, *queued], config)]

    assert begins("any") == ["other", "model", "small"]
    assert begins("same") == ["other", "model", "small"]
    assert begins("model") == ["any", "same", "other", "small"]
    assert begins("nobody") == [one.id for one in queued]


def test_a_limit_is_known_from_the_rows_alone() -> None:
    assert admission.limited([NEXT, parked(ParkReason.RATE_LIMITED, until=10.0)])
    assert not admission.limited([NEXT, parked(ParkReason.BUDGET, until=10.0)])
