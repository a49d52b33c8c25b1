"""The engine of factory-tui and its library. Knows nothing of any screen."""

__version__ = "0.1.0"
