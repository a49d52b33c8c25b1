from till.orders import Order


def order() -> Order:
    made = Order("Ada")
    made.add("tea", 350, 2)
    made.add("cake", 425)
    return made


def test_a_total_counts_every_line():
    assert order().total() == 1125


def test_a_total_follows_what_is_added_later():
    made = order()
    assert made.total() == 1125
    made.add("milk", 75)
    assert made.total() == 1200
