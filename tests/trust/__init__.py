"""The controls of docs/threats.md, each tried, each with its negative control.

`python -m tests.trust` runs all of them at a quick size, `--full` at the sizes that issue and
threat model name.
"""
