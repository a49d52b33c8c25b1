"""The SDK's client for a service: plain, or signed for one of the clouds.

Credentials of a cloud are found by the SDK itself, in the engine's environment and its folders.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from factory.agents.setbacks import Setback
from factory.config import AgentSpec
from factory.endpoints import Cloud, Service, lacks_key, service_named
from factory.model import AgentError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

_NEEDS = {"bedrock": "boto3", "vertex": "google.auth"}
"""The package behind each extra."""


async def connect(spec: AgentSpec, key: str) -> AsyncAnthropic:
    """A client for an agent. Raises AgentError: no key, no extra, no region."""
    service = service_named(spec.endpoint)
    url = spec.base_url or service.base_url
    if lacks_key(spec, key):
        raise AgentError(
            f"There is no API key for agent {spec.name!r}: put one into {spec.key_env} and run "
            "`factory-tui engine restart`"
        )
    # Importing it takes a second; the engine does so at its start, a test may not have.
    await asyncio.to_thread(importlib.import_module, "anthropic.resources.messages")
    given: dict[str, Any] = {
        "max_retries": 0,  # ours know of long waits, cut streams and what a lost answer cost
        "open_telemetry": False,
        "http_client": _http(url),
    }
    if url:
        given["base_url"] = url
    if service.cloud is None:
        from anthropic import AsyncAnthropic

        return AsyncAnthropic(api_key=key or "none", **given)
    _installed(service)
    try:
        return cast("AsyncAnthropic", _signed(service.cloud, spec, key, given))
    except Exception as error:  # the SDK's own words for a region it was not told
        raise AgentError(f"{_unsigned(service, error)}: {_way_out(service)}") from error


def _http(url: str) -> Any:
    """The connections; None for the SDK's own."""
    if urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost"):
        return None
    from anthropic import DefaultAsyncHttpxClient
    from httpx2 import AsyncHTTPTransport

    # A proxy of the machine's leads nowhere near a server on the machine itself; and reading all
    # certificates takes longer than starting bubblewrap.
    transport = AsyncHTTPTransport(verify=urlsplit(url).scheme == "https")
    return DefaultAsyncHttpxClient(transport=transport)


def _installed(service: Service) -> None:
    try:
        found = importlib.util.find_spec(_NEEDS[service.extra])
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise AgentError(
            f"{service.title} needs a package that is not installed: run "
            f"`pip install 'factory-tui[{service.extra}]'`, then `factory-tui engine restart`"
        )


def _signed(cloud: Cloud, spec: AgentSpec, key: str, given: dict[str, Any]) -> object:
    """A cloud's client; `key` is a bearer token, where the developer named a variable for it."""
    import anthropic

    region = spec.region or None
    match cloud:
        case Cloud.BEDROCK:
            return anthropic.AsyncAnthropicBedrock(aws_region=region, api_key=key or None, **given)
        case Cloud.MANTLE:
            return anthropic.AsyncAnthropicBedrockMantle(
                aws_region=region, api_key=key or None, **given
            )
        case Cloud.VERTEX:
            if region is not None:
                given["region"] = region
            if spec.project:
                given["project_id"] = spec.project
            return anthropic.AsyncAnthropicVertex(access_token=key or None, **given)


def unsigned(error: Exception, spec: AgentSpec) -> Setback | None:
    """What it means that a request to a cloud could not be signed; None for any other error."""
    service = service_named(spec.endpoint)
    library = type(error).__module__.partition(".")[0]
    ours = isinstance(error, RuntimeError | ValueError) and "resolve" in str(error)
    if service.cloud is None or not (ours or library in ("botocore", "google")):
        return None
    return Setback(what=_unsigned(service, error), way_out=_way_out(service))


def _unsigned(service: Service, error: Exception) -> str:
    return f"{service.title} cannot be asked ({str(error).strip().rstrip('.')})"


def _way_out(service: Service) -> str:
    return f"{service.sign_in}, set `region` in factory.toml, and run `factory-tui engine restart`"
