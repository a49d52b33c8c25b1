"""Kinds of guardrail: one protocol, one file a kind."""
