"""The demo: a small sample project, six tasks, and the recorded answers to them."""
