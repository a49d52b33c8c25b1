from till.money import dollars, share


def test_dollars_show_two_digits_of_cents():
    assert dollars(1205) == "$12.05"


def test_a_share_is_rounded_half_up():
    assert share(250, 5) == 13
