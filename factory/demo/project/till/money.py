"""Amounts are whole cents; nothing here ever rounds a float."""


def dollars(cents: int) -> str:
    """An amount for people: `$12.50`."""
    return f"${cents // 100}.{cents % 100:02}"


def share(cents: int, percent: int) -> int:
    """A part of an amount, rounded half up to a cent."""
    return (cents * percent + 50) // 100
