"""Widgets: plain data in, messages of what the user did out."""
