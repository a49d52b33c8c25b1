"""Agent runtimes: one protocol, one file a runtime."""
