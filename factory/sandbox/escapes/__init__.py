"""The escape suite: what a program in a sandbox might try, tried.

Each probe is a function of `files`, `processes`, `kernel` or `network`; its docstring says what it
tries to do, what it returns shows that it could. `suite` runs them, `world` plants what they go
for.
"""
