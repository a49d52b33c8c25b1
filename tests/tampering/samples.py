"""Files as they are before an agent touches them, and how it touches them."""

from __future__ import annotations

Files = dict[str, tuple[str | None, str | None]]
"""Path to text before and after."""

SUITE = """\
import pytest
from shop import Cart, total


@pytest.fixture
def cart():
    return Cart()


def test_total_of_nothing(cart):
    assert total(cart) == 0


@pytest.mark.parametrize("price", [1, 2, 3])
def test_total_of_one(cart, price):
    cart.add(price)
    assert total(cart) == price
    assert len(cart) == 1
    assert cart.items[0].price == price


class TestDiscount:
    def test_ten_percent(self, cart):
        cart.add(10)
        assert total(cart, discount=10) == 9

    def test_refuses_more_than_all(self, cart):
        with pytest.raises(ValueError):
            total(cart, discount=101)
"""
JS = """\
describe("total", () => {
  it("is 0 for nothing", () => {
    expect(total([])).toBe(0);
  });
  it("adds", async () => {
    const sum = await total([1, 2]);
    expect(sum).toBe(3);
  });
});
"""
GO = """\
package shop

func TestTotal(t *testing.T) {
	if got := Total(1, 2); got != 3 {
		t.Errorf("got %d", got)
	}
}

func TestEmpty(t *testing.T) {
	require.Equal(t, 0, Total())
}
"""
RUST = """\
pub fn total() -> i32 { 3 }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        assert_eq!(total(), 3);
    }

    #[test]
    fn is_positive() {
        assert!(total() > 0);
    }
}
"""
JAVA = """\
class TotalTest {
  @Test
  void adds() {
    assertEquals(3, total(1, 2));
  }

  @Test
  public void isEmpty() {
    assertEquals(0, total());
  }
}
"""
PYPROJECT = """\
[project]
name = "shop"
version = "1.0"
dependencies = ["httpx>=0.27", "rich"]

[tool.ruff]
line-length = 100

[tool.pytest.ini_options]
addopts = "--strict-markers"
"""
ASSERTS = """\
    assert total(cart) == price
    assert len(cart) == 1
    assert cart.items[0].price == price
"""
NOTHING = "    assert total(cart) == 0\n"
CODE = "def total(cart):\n    return eval(cart)\n"
T = "tests/test_shop.py"


def swap(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def edit(path: str, text: str, old: str, new: str) -> Files:
    return {path: (text, swap(text, old, new))}


def suite(old: str, new: str) -> Files:
    return edit(T, SUITE, old, new)
