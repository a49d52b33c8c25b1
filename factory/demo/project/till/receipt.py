"""The receipt that the printer prints."""

from till.money import dollars
from till.orders import Order


def receipt(order: Order) -> str:
    """An order as text, one line a thing."""
    rows = ["RECEIPT"]
    for line in order.lines:
        rows.append(f"{line.count} x {line.name} {dollars(line.price * line.count)}")
    rows.append(f"TOTAL {dollars(order.total())}")
    return "\n".join(rows)
