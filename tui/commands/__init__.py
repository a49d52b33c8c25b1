"""The verbs of `factory-tui`, a file a group. None of them imports Textual."""
