"""Faults of a model's endpoint, and an agent that meets them one by one."""
