"""Real histories, commit by commit, through the review: `python -m tests.histories`."""
