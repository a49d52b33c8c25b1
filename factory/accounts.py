"""Whose limits an agent works under: an account at a provider, and a model of it. Pure."""

from __future__ import annotations

from factory.config import AgentSpec
from factory.endpoints import service_named
from factory.model import Struct
from factory.presets import preset_named


class Account(Struct):
    """What refuses together: agents of one account, and where a limit is a model's, of one model.

    A limit that turns out to be the whole account's stops those of its other models too, as soon
    as one of them asks.
    """

    name: str
    model: str = ""


def account(spec: AgentSpec) -> Account:
    """The account that an agent spends from.

    Our own loop's is the address and the variable that holds the key. A program's is at the
    provider that its preset names, else by its login, else by the variables that it is given, else
    nobody's but its own.
    """
    match spec.kind:
        case "claude":
            service = service_named(spec.endpoint)
            url = (spec.base_url or service.base_url or service.name).rstrip("/")
            words = (url, spec.key_env, spec.region, spec.project)
            return Account(name=" ".join(filter(None, words)), model=spec.model)
        case "replay":
            return Account(name=f"replay {spec.name}")
        case _ if preset := preset_named(spec.preset):
            return Account(name=f"{preset.provider} {spec.base_url}".rstrip())
        case _ if spec.login:
            return Account(name=f"login {spec.login[0].rstrip('/')}")
        case _ if spec.env:
            return Account(name=f"env {' '.join(sorted(spec.env))}")
        case _:
            return Account(name=f"agent {spec.name}")
