"""Each service as `endpoint` names it, against a server that is as strict as it."""

from __future__ import annotations

import asyncio
import base64
import struct
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from factory.agents.claude import room
from factory.agents.loopback import Loopback
from factory.config import AgentSpec
from factory.configfile import parse
from factory.endpoints import ANTHROPIC, SERVICES, Cloud, Service, Takes, lacks_key, service_named
from factory.entry import Finished
from factory.entry import Response as Answered
from factory.model import AgentError, ConfigError, ParkReason
from tests.agents.bench import Workplace, claude, task
from tests.agents.scripted import events, refuses

LOCAL = [service for service in SERVICES if service.local]
PLAIN = {"model", "max_tokens", "system", "messages", "tools", "stream"}
HANDOFF = {"type": "tool_use", "id": "call", "name": "handoff", "input": {"summary": "done"}}
DONE = events(HANDOFF, stop="tool_use", tokens=1000)


@dataclass
class Strict:
    """Refuses every field that it does not know, as a server of its own make does."""

    takes: tuple[Takes, ...] = ()
    answer: Callable[[], bytes] = lambda: DONE
    media: str = "text/event-stream"
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        route = Route("/{path:path}", self._asked, methods=["POST"])
        async with Loopback(Starlette(routes=[route])) as url:
            yield url

    async def _asked(self, request: Request) -> Response:
        body = await request.json()
        self.paths.append(request.url.path)
        self.headers.append(dict(request.headers))
        self.bodies.append(body)
        if strange := self._strange(body, request):
            return refuses(400, "invalid_request_error", f"unknown field {strange}")()
        return Response(self.answer(), media_type=self.media)

    def _strange(self, body: dict[str, Any], request: Request) -> str:
        known = PLAIN | {"anthropic_version"}
        known |= {"thinking"} if Takes.THINKING in self.takes else set()
        known |= {"output_config"} if Takes.EFFORT in self.takes else set()
        if "anthropic-beta" in request.headers:
            return "anthropic-beta"
        if "cache_control" in str(body) and Takes.CACHE not in self.takes:
            return "cache_control"
        return ", ".join(body.keys() - known)


def agent(lines: str) -> AgentSpec:
    """An agent as factory.toml has it."""
    rail = "[[guardrail]]\nname = 'any'\nrun = 'true'\n"
    return parse(f"[agents.any]\nkind = 'claude'\n{lines}\n{rail}").agents[0]


def problem(lines: str) -> str:
    with pytest.raises(ConfigError) as caught:
        agent(lines)
    return str(caught.value)


def work(home: Path, server: Strict, lines: str, *, key: str = "") -> Answered:
    """One handoff through the server; its response."""

    async def story() -> Answered:
        async with server.listening() as url:
            place = Workplace(home, agent(f"{lines}\nbase_url = '{url}'"), task(), key=key)
            entries = await place.work(claude())
            assert isinstance(entries[-1], Finished)
            return next(entry for entry in entries if isinstance(entry, Answered))

    return asyncio.run(story())


@pytest.mark.parametrize("service", LOCAL, ids=lambda service: service.name)
def test_a_server_of_ones_own_is_sent_nothing_it_refuses_and_costs_nothing(
    tmp_path: Path, service: Service
) -> None:
    server = Strict()
    # A model that is known, of which the most could be asked.
    lines = f"endpoint = '{service.name}'\nmodel = 'claude-sonnet-5-5'"
    spend = work(tmp_path, server, lines).spend
    assert server.paths == ["/v1/messages"]
    assert (spend.usd, spend.input_tokens, spend.output_tokens) == (None, 1000, 100)


def test_what_our_loop_sends_to_others_would_be_refused(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="unknown field"):
        work(tmp_path, Strict(), "endpoint = 'litellm'\nmodel = 'claude-sonnet-5-5'")


def test_effort_is_sent_where_it_is_taken(tmp_path: Path) -> None:
    server = Strict(takes=tuple(Takes))
    work(tmp_path, server, "effort = 'xhigh'", key="sk-1")
    assert server.bodies[0]["output_config"] == {"effort": "xhigh"}
    assert server.headers[0]["authorization"] == "Bearer sk-1"
    work(tmp_path / "none", server, "")
    assert "output_config" not in server.bodies[1]


def test_an_endpoint_says_where_it_is_and_which_variable_has_its_key() -> None:
    for service in SERVICES:
        model = "" if service is ANTHROPIC else "model = 'm'\n"
        found = agent(f"{model}endpoint = '{service.name}'")
        assert found.key_env == service.key_env
        assert found.subscription is service.local
        assert found.base_url == ("" if service is ANTHROPIC else service.base_url)
        assert service_named(found.endpoint) is service
        assert service.base_url.startswith("http://127.0.0.1:") or not service.local


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("endpoint = 'olama'\nmodel = 'm'", "agents.any.endpoint: expected one of anthropic"),
        ("endpoint = 'ollama'", "agents.any.model: expected the name of a model, but it is"),
        ("endpoint = 'ollama'\nmodel = 'm'\neffort = 'low'", "effort: Ollama takes none"),
        ("endpoint = 'ollama'\nmodel = 'm'\nregion = 'x'", "region: Ollama takes none"),
        ("endpoint = 'bedrock'\nmodel = 'm'\nproject = 'x'", "project: Amazon Bedrock takes none"),
        ("planner = { model = 'm', turns = 3 }", "agents.any.planner.turns: there is no such key"),
        ("reviewer = { effort = 'much' }", "agents.any.reviewer.effort: expected one of low"),
        (
            "endpoint = 'vllm'\nmodel = 'm'\nreviewer = { effort = 'low' }",
            "agents.any.reviewer.effort: vLLM takes none",
        ),
        ("effort = 'highest'", "agents.any.effort: expected one of low, medium, high, xhigh"),
    ],
)
def test_what_an_endpoint_cannot_do_is_said_before_it_is_asked(lines: str, said: str) -> None:
    assert said in problem(lines)


def test_a_server_that_is_not_running_is_named_and_asked_again_later(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent("endpoint = 'ollama'\nmodel = 'm'"), task(), key="")
    place.spec = replace(place.spec, base_url="http://127.0.0.1:9")
    with pytest.raises(AgentError, match=r"Ollama \(127\.0\.0\.1:9\) cannot be reached") as caught:
        asyncio.run(place.work(claude()))
    assert caught.value.reason is ParkReason.RATE_LIMITED


def test_what_a_small_model_takes_in_is_known(tmp_path: Path) -> None:
    assert room(None, agent("endpoint = 'ollama'\nmodel = 'm'").context) == 19_660
    assert room(None, agent("context = 8192").context) == 4_915
    assert room(None, agent("").context) == 120_000


def test_a_doctor_misses_a_key_only_where_one_is_needed() -> None:
    assert lacks_key(agent(""), "")
    assert lacks_key(agent("base_url = 'https://api.anthropic.com/'"), "")
    assert not lacks_key(agent(""), "sk-1")
    assert not lacks_key(agent("base_url = 'http://127.0.0.1:9'"), "")
    assert not lacks_key(agent("endpoint = 'ollama'\nmodel = 'm'"), "")
    assert not lacks_key(agent("endpoint = 'bedrock'\nmodel = 'm'"), "")


# --- clouds ----------------------------------------------------------------------------------


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An engine's environment with a login at Amazon that is nobody's."""
    pytest.importorskip("boto3")
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDNOBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobodys-secret")


def framed() -> bytes:
    """The answer as Amazon's event stream has it."""
    frames = b""
    for event in DONE.strip().split(b"\n\n"):
        data = event.partition(b"data: ")[2]
        payload = msgspec.json.encode({"bytes": base64.b64encode(data).decode()})
        headers = b""
        for name, value in (
            (b":event-type", b"chunk"),
            (b":content-type", b"application/json"),
            (b":message-type", b"event"),
        ):
            headers += bytes([len(name)]) + name + b"\x07" + struct.pack(">H", len(value)) + value
        whole = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
        whole += struct.pack(">I", zlib.crc32(whole)) + headers + payload
        frames += whole + struct.pack(">I", zlib.crc32(whole))
    return frames


@pytest.mark.usefixtures("amazon")
def test_bedrock_is_asked_with_a_signature_for_the_model_and_answers(tmp_path: Path) -> None:
    server = Strict(tuple(Takes), framed, "application/vnd.amazon.eventstream")
    model = "eu.anthropic.claude-sonnet-5-5-20260901-v1:0"
    lines = f"endpoint = 'bedrock'\nregion = 'eu-central-1'\nmodel = '{model}'\neffort = 'low'"
    spend = work(tmp_path, server, lines).spend
    assert server.paths == [f"/model/{model}/invoke-with-response-stream"]
    signed = server.headers[0]["authorization"]
    assert signed.startswith("AWS4-HMAC-SHA256 Credential=AKIDNOBODY/")
    assert "/eu-central-1/bedrock/aws4_request" in signed
    assert server.bodies[0]["anthropic_version"]
    assert spend.usd == pytest.approx((1000 * 2 + 500 * 0.1 + 100 * 10) / 1e6), "a known model"
    assert server.bodies[0]["output_config"] == {"effort": "low"}


@pytest.mark.usefixtures("amazon")
def test_bedrocks_messages_api_is_asked_with_a_signature_too(tmp_path: Path) -> None:
    server = Strict(tuple(Takes))
    lines = "endpoint = 'bedrock-mantle'\nregion = 'eu-central-1'\nmodel = 'anthropic.claude-x'"
    work(tmp_path, server, lines)
    assert server.paths == ["/v1/messages"]
    assert server.bodies[0]["model"] == "anthropic.claude-x"
    assert server.headers[0]["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDNOBODY/")


@pytest.mark.usefixtures("amazon")
def test_a_cloud_without_a_region_or_a_login_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "endpoint = 'bedrock'\nmodel = 'm'\n"
    with pytest.raises(AgentError, match=r"No AWS region was provided.*set `region` in factory"):
        work(tmp_path, Strict(), lines)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    server = Strict()
    with pytest.raises(AgentError, match=r"resolve AWS credentials.*run `aws configure`"):
        work(tmp_path, server, lines + "region = 'eu-north-1'")
    assert server.paths == []


def test_vertex_is_asked_with_the_token_for_the_model_of_a_project(tmp_path: Path) -> None:
    pytest.importorskip("google.auth")
    server = Strict(tuple(Takes))
    lines = "endpoint = 'vertex'\nregion = 'europe-west1'\nproject = 'any-1'\nmodel = 'claude-x'"
    work(tmp_path, server, lines + "\nkey_env = 'TOKEN'", key="nobodys-token")
    path = "/projects/any-1/locations/europe-west1/publishers/anthropic/models"
    assert server.paths == [f"{path}/claude-x:streamRawPredict"]
    assert server.headers[0]["authorization"] == "Bearer nobodys-token"
    assert "model" not in server.bodies[0]


@pytest.mark.parametrize("cloud", list(Cloud))
def test_a_cloud_whose_package_is_missing_says_how_to_get_it(
    tmp_path: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = service_named(cloud).extra
    for name in ("boto3", "google", "google.auth"):
        monkeypatch.setitem(sys.modules, name, None)
    lines = f"endpoint = '{cloud}'\nregion = 'eu-1'\nmodel = 'm'"
    with pytest.raises(AgentError, match=rf"run `pip install 'factory-tui\[{extra}\]'`"):
        work(tmp_path, Strict(), lines)
