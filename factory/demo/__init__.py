"""A small sample project and its recorded sessions."""
