"""Orders, totals and receipts of a small shop."""
