"""A planner, a worker and a reviewer at one task, from its plan to what the inbox shows."""

from __future__ import annotations

from factory.entry import Response
from factory.model import TaskState
from tests.agents.scripted import Scripted, bash, done, says
from tests.developer import Developer
from tests.works import settings, told, works

TURN = 1_600
"""Tokens of one turn of the endpoint's."""
AGENT = """
[agents.model]
kind = "claude"
base_url = "{url}"
max_tokens = 200

[agents.model.planner]
model = "claude-opus-5-5"

[agents.model.reviewer]
effort = "low"
"""


@told
async def test_a_plan_and_a_review_are_paid_once_and_the_findings_stand_in_the_inbox(
    developer: Developer,
) -> None:
    work = "echo 1 > one.txt; git add .; git commit -q -m own; echo 2 > two.txt"
    replies = [says("1. Write it"), bash(work), done(), says("- one.txt:1: no newline?")]
    endpoint = Scripted([*replies, done("again"), says("none")])
    async with endpoint.listening() as url:
        developer.commit({"factory.toml": settings(agents=AGENT.format(url=url), agent="model")})
        async with works(developer, ANTHROPIC_API_KEY="sk-test") as factory:
            task = await factory.ready("Work")
            assert factory.task(task).handoff.findings == ("reviewer: one.txt:1: no newline?",)
            view = await factory.view(task)
            assert view.spent.tokens == 4 * TURN
            assert view.spent.usd is not None
            models = [asked["model"] for asked in endpoint.asked]
            sonnet = "claude-sonnet-5-5"
            assert models == ["claude-opus-5-5", sonnet, sonnet, sonnet]
            assert endpoint.asked[-1]["output_config"] == {"effort": "low"}
            shown = endpoint.told()[-1]["text"]
            assert "one.txt" in shown, "what its agent committed is of the change, too"
            assert "two.txt" in shown
        async with works(developer, ANTHROPIC_API_KEY="sk-test") as factory:
            assert (await factory.view(task)).spent.tokens == 4 * TURN
            transcript = factory.engine.gate._attempts.transcript(factory.task(task))
            plan = next(e for e in transcript.entries() if isinstance(e, Response))
            assert plan.content == ({"type": "text", "text": "1. Write it"},)
            assert factory.task(task).state is TaskState.READY
