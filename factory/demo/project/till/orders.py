"""An order and what it comes to."""

from dataclasses import dataclass, field


@dataclass
class Line:
    """So many of one thing."""

    name: str
    price: int
    count: int = 1


@dataclass
class Order:
    """What a customer buys."""

    customer: str
    lines: list[Line] = field(default_factory=list)

    def add(self, name: str, price: int, count: int = 1) -> None:
        """Put something on the order."""
        self.lines.append(Line(name, price, count))

    def total(self) -> int:
        """What it costs, in cents."""
        return sum(line.price * line.count for line in self.lines)
