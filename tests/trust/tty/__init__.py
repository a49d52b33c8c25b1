"""The real client on a real terminal, beside an engine that says whatever it is told to."""
