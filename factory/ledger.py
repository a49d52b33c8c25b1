"""Prices and caps: what a turn has cost, what the next can cost, and whether it may begin."""

from __future__ import annotations

import datetime
import re
from importlib import resources
from pathlib import Path

import msgspec
import platformdirs

from factory.model import Budget, ConfigError, Spend, Struct

_MILLION = 1_000_000


class Price(Struct):
    """One model's prices in US dollars per million tokens, and its limits in tokens."""

    model: str
    input: float
    output: float
    cache_read: float = 0.0
    cache_write: float = 0.0
    """Writing a cache entry that lives five minutes."""
    cache_write_1h: float = 0.0
    context: int = 200_000
    max_output: int = 32_000
    adaptive: bool = False
    """Whether it takes `thinking = adaptive`."""


class Prices(Struct):
    """A price table and the day it was true."""

    date: datetime.date | None = None
    price: tuple[Price, ...] = ()

    def of(self, model: str) -> Price | None:
        """The price of a model id; None where it is unknown, never a near guess."""
        fitting = [price for price in self.price if _names(price.model, model)]
        return max(fitting, key=lambda price: len(price.model), default=None)


class Tokens(Struct):
    """The tokens of one request, as they are billed: each counted in one field only."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0


def own_prices() -> Path:
    """Where the developer's own rows are; the file need not exist."""
    return platformdirs.user_config_path("factory-tui") / "prices.toml"


def prices(override: Path | None = None) -> Prices:
    """The shipped table, with the rows of `override` (a file that may not exist) before it.

    Raises ConfigError where the developer's file cannot be read.
    """
    shipped = msgspec.toml.decode(
        resources.files("factory").joinpath("prices.toml").read_bytes(), type=Prices
    )
    if override is None or not override.exists():
        return shipped
    try:
        own = msgspec.toml.decode(override.read_bytes(), type=Prices)
    except (msgspec.DecodeError, OSError, UnicodeDecodeError) as error:
        raise ConfigError((f"{override}: {error}; correct it or remove it",)) from error
    named = {row.model for row in own.price}
    rest = tuple(row for row in shipped.price if row.model not in named)
    return Prices(date=own.date or shipped.date, price=own.price + rest)


def cost(price: Price | None, tokens: Tokens) -> float | None:
    """What these tokens cost in US dollars; None where the price is unknown."""
    if price is None:
        return None
    return (
        tokens.input * price.input
        + tokens.output * price.output
        + tokens.cache_read * price.cache_read
        + tokens.cache_write * price.cache_write
        + tokens.cache_write_1h * price.cache_write_1h
    ) / _MILLION


def spend(price: Price | None, tokens: Tokens, seconds: float = 0.0) -> Spend:
    """These tokens as the ledger keeps them: cache writes are input, cache reads are cached."""
    return Spend(
        usd=cost(price, tokens),
        input_tokens=tokens.input + tokens.cache_write + tokens.cache_write_1h,
        output_tokens=tokens.output,
        cached_tokens=tokens.cache_read,
        seconds=seconds,
    )


def estimate(price: Price | None, input_tokens: int, max_tokens: int) -> Spend:
    """The most a request can cost: nothing of it cached, every output token used."""
    usd = None
    if price is not None:
        dearest = max(price.input, price.cache_write)
        usd = (input_tokens * dearest + max_tokens * price.output) / _MILLION
    return Spend(usd=usd, input_tokens=input_tokens, output_tokens=max_tokens)


def most(price: Price | None, input_tokens: int, max_tokens: int, *, free: bool) -> Spend:
    """What to set aside for a request; no money where a subscription pays or a server is own."""
    spend = estimate(price, input_tokens, max_tokens)
    return msgspec.structs.replace(spend, usd=None) if free else spend


def exceeded(
    spent: Spend,
    reserved: Spend,
    cap: Budget,
    what: str,
    *,
    way_out: str = "raise the cap with + on the Floor, or end the task",
    unpriced: bool = False,
) -> str | None:
    """Why what is `reserved` may not begin after what is `spent`; None where it may.

    `what` names whose cap it is ("csv-export", "today"). Money that cannot be counted is refused
    under a cap in money, unless `unpriced` says that a subscription pays.
    """
    if cap.minutes is not None and spent.seconds >= cap.minutes * 60:
        return f"{what} has worked {spent.seconds / 60:.0f} of {cap.minutes:g} minutes: {way_out}"
    if cap.tokens is not None and spent.tokens + reserved.tokens > cap.tokens:
        return (
            f"{what} has used {spent.tokens:,} of {cap.tokens:,} tokens, and the next turn can "
            f"take {reserved.tokens:,}: {way_out}"
        )
    if cap.usd is None:
        return None
    if reserved.usd is None and reserved.tokens and not unpriced:
        return (
            f"{what} has a cap of ${cap.usd:.2f}, but the model's price is unknown: add it to "
            f"{own_prices()}, or set the cap in tokens"
        )
    if (spent.usd or 0.0) + (reserved.usd or 0.0) > cap.usd:
        return (
            f"{what} has spent ${spent.usd or 0.0:.2f} of ${cap.usd:.2f}, and the next turn can "
            f"cost ${reserved.usd or 0.0:.2f}: {way_out}"
        )
    return None


def _names(row: str, model: str) -> bool:
    """Whether a row speaks of a model id: provider, region, date and revision may differ."""
    around = rf"(?:^|[./]){re.escape(row)}(?:-\d{{8}})?(?:-v\d+)?(?:[@:\[].*)?$"
    return re.search(around, model) is not None
