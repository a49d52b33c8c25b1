from __future__ import annotations

from pathlib import Path

import pytest

from factory.ledger import Price, Prices, Tokens, cost, estimate, exceeded, prices, spend
from factory.model import Budget, ConfigError, Spend


def test_the_shipped_table_has_a_date_and_the_default_model() -> None:
    table = prices()
    assert table.date is not None
    sonnet = table.of("claude-sonnet-5-5")
    assert sonnet is not None
    assert (sonnet.input, sonnet.output, sonnet.context) == (2.0, 10.0, 1_000_000)


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("claude-opus-5", "claude-opus-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("us.anthropic.claude-sonnet-4-6-20260101-v1:0", "claude-sonnet-4-6"),
        ("anthropic/claude-opus-5-5", "claude-opus-5-5"),
        ("claude-opus-4-8@20260401", "claude-opus-4-8"),
        ("claude-opus-5-5[1m]", "claude-opus-5-5"),
    ],
)
def test_a_model_is_found_with_date_region_and_revision(model: str, row: str) -> None:
    found = prices().of(model)
    assert found is not None
    assert found.model == row


@pytest.mark.parametrize("model", ["claude-opus-5-1", "claude-fable-5", "llama-4", "", "claude"])
def test_a_model_that_is_only_similar_has_no_price(model: str) -> None:
    assert prices().of(model) is None
    assert cost(prices().of(model), Tokens(input=5)) is None


def test_every_token_is_paid_at_its_own_price() -> None:
    price = prices().of("claude-sonnet-5-5")
    tokens = Tokens(
        input=1_000_000, output=100_000, cache_read=2_000_000, cache_write=100_000, cache_write_1h=1
    )
    assert cost(price, tokens) == pytest.approx(2 + 1 + 0.2 + 0.25 + 0.000004)
    assert spend(price, tokens, 3.0) == Spend(
        usd=cost(price, tokens),
        input_tokens=1_100_001,
        output_tokens=100_000,
        cached_tokens=2_000_000,
        seconds=3.0,
    )


def test_the_estimate_is_never_less_than_what_the_turn_then_costs() -> None:
    for price in prices().price:
        most = estimate(price, 50_000, 1_000)
        for read, write in ((0, 0), (50_000, 0), (0, 50_000), (20_000, 20_000)):
            tokens = Tokens(
                input=50_000 - read - write, output=1_000, cache_read=read, cache_write=write
            )
            assert (spend(price, tokens).usd or 0) <= (most.usd or 0)


def test_the_developers_own_rows_come_before_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    assert prices(own) == prices()
    own.write_text(
        '[[price]]\nmodel = "llama-4"\ninput = 0\noutput = 0\n'
        '[[price]]\nmodel = "claude-sonnet-5-5"\ninput = 1\noutput = 2\n'
    )
    table = prices(own)
    assert cost(table.of("llama-4"), Tokens(input=9, output=9)) == 0
    sonnet = table.of("claude-sonnet-5-5")
    assert sonnet is not None
    assert sonnet.output == 2
    assert table.of("claude-opus-5-5") is not None


@pytest.mark.parametrize("text", ["[[price]", '[[price]]\nmodel = "x"\n', "price = 3", "\xff"])
def test_a_broken_price_file_is_named(tmp_path: Path, text: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"prices\.toml"):
        prices(own)


def test_nothing_is_refused_without_a_cap() -> None:
    assert exceeded(Spend(usd=900.0, seconds=9e9), Spend(usd=9.0), Budget(), "csv") is None


def test_a_turn_that_could_pass_the_cap_does_not_begin() -> None:
    cap = Budget(usd=5.0)
    assert exceeded(Spend(usd=4.0), Spend(usd=1.0, input_tokens=1), cap, "csv-export") is None
    said = exceeded(Spend(usd=4.5), Spend(usd=0.6, input_tokens=1), cap, "csv-export")
    assert said == (
        "csv-export has spent $4.50 of $5.00, and the next turn can cost $0.60: "
        "raise the cap with + on the Floor, or end the task"
    )


def test_tokens_and_minutes_have_caps_of_their_own() -> None:
    used = Spend(input_tokens=800, cached_tokens=100, output_tokens=50)
    assert exceeded(used, Spend(input_tokens=50), Budget(tokens=1000), "x") is None
    said = exceeded(used, Spend(input_tokens=51), Budget(tokens=1000), "x", way_out="wait")
    assert said == "x has used 950 of 1,000 tokens, and the next turn can take 51: wait"
    assert exceeded(Spend(seconds=599), Spend(), Budget(minutes=10), "x") is None
    assert "10 of 10 minutes" in (
        exceeded(Spend(seconds=600), Spend(), Budget(minutes=10), "x") or ""
    )


def test_an_unknown_price_is_refused_under_a_cap_in_money_unless_a_subscription_pays() -> None:
    turn = estimate(Prices().of("llama-4"), 1000, 100)
    assert turn.usd is None
    assert "price is unknown" in (exceeded(Spend(), turn, Budget(usd=1.0), "x") or "")
    assert exceeded(Spend(), turn, Budget(usd=1.0), "x", unpriced=True) is None
    assert exceeded(Spend(), turn, Budget(tokens=2000), "x") is None
    assert exceeded(Spend(), Spend(), Budget(usd=1.0), "a codemod") is None


def test_a_free_model_is_not_an_unknown_one() -> None:
    free = estimate(Price(model="local", input=0, output=0), 1000, 100)
    assert exceeded(Spend(), free, Budget(usd=0.0), "x") is None
