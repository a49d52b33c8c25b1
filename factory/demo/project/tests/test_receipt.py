from tests.test_orders import order
from till.receipt import receipt


def test_a_receipt_lists_every_line_and_the_total():
    text = receipt(order())
    assert "2 x tea $7.00" in text
    assert "1 x cake $4.25" in text
    assert text.endswith("TOTAL $11.25")
