"""The services that speak the Messages API: where they are, what they ask for and take. Pure data.

What an agent of kind `claude` does not say, its `endpoint` says. A server of the developer's own
costs nothing: its tokens are counted, and no price is asked for. Ollama, LM Studio, llama.cpp and
vLLM cache by themselves, and refuse or ignore what only Anthropic's models know.
"""

from __future__ import annotations

from enum import StrEnum

from factory.config import OFFICIAL, AgentSpec
from factory.model import Struct


class Takes(StrEnum):
    """A part of a request that not every service takes."""

    CACHE = "cache_control"
    THINKING = "adaptive thinking"
    EFFORT = "effort"


class Cloud(StrEnum):
    """Whose request signing it needs; the SDK has a client for each."""

    BEDROCK = "bedrock"
    MANTLE = "bedrock-mantle"
    VERTEX = "vertex"


class Service(Struct):
    """One service, as `endpoint` names it."""

    name: str
    title: str
    base_url: str = ""
    """Empty where it follows from the region."""
    key_env: str = ""
    """The variable that holds its key, if it is given one."""
    needs_key: bool = False
    local: bool = False
    """Whether it runs on a machine of the developer's, and costs nothing."""
    cloud: Cloud | None = None
    extra: str = ""
    """The extra of this package that its client needs."""
    sign_in: str = ""
    """How the developer gives the engine credentials for it."""
    takes: tuple[Takes, ...] = tuple(Takes)
    context: int = 0
    """Tokens that its models take in, where no price table says so; 0 for the usual many."""


_SMALL = 32_768
"""What a model on a machine of one's own is usually started with."""
_AWS = "run `aws configure` or `aws sso login`, or set AWS_BEARER_TOKEN_BEDROCK"

ANTHROPIC = Service(
    name="anthropic", title="Anthropic", base_url=OFFICIAL, key_env="ANTHROPIC_API_KEY",
    needs_key=True,
)  # fmt: skip

SERVICES = (
    ANTHROPIC,
    Service(name="bedrock", title="Amazon Bedrock", cloud=Cloud.BEDROCK, extra="bedrock",
            sign_in=_AWS),
    Service(name="bedrock-mantle", title="Amazon Bedrock (Messages API)", cloud=Cloud.MANTLE,
            extra="bedrock", sign_in=_AWS),
    Service(name="vertex", title="Google Vertex AI", cloud=Cloud.VERTEX, extra="vertex",
            sign_in="run `gcloud auth application-default login`"),
    Service(name="litellm", title="LiteLLM", base_url="http://127.0.0.1:4000",
            key_env="LITELLM_API_KEY"),
    Service(name="ollama", title="Ollama", base_url="http://127.0.0.1:11434",
            key_env="OLLAMA_API_KEY", local=True, takes=(), context=_SMALL),
    Service(name="lmstudio", title="LM Studio", base_url="http://127.0.0.1:1234",
            key_env="LM_API_TOKEN", local=True, takes=(), context=_SMALL),
    Service(name="llamacpp", title="llama.cpp", base_url="http://127.0.0.1:8080",
            key_env="LLAMA_API_KEY", local=True, takes=(), context=_SMALL),
    Service(name="vllm", title="vLLM", base_url="http://127.0.0.1:8000",
            key_env="VLLM_API_KEY", local=True, takes=(), context=_SMALL),
)  # fmt: skip


def service_named(name: str) -> Service:
    """The service of that name; an unnamed one is taken to do all that Anthropic's does."""
    return next((service for service in SERVICES if service.name == name), ANTHROPIC)


def lacks_key(spec: AgentSpec, key: str) -> bool:
    """Whether an agent of our own loop could not ask its service, for want of a key."""
    service = service_named(spec.endpoint)
    elsewhere = spec.base_url and spec.base_url.rstrip("/") != service.base_url
    return service.needs_key and not key and not elsewhere
