"""The only place that runs git or opens a repository.

`command` runs git, hardened; `place` finds the developer's repository; `repository` asks it and
lands on it; `vault` holds the factory's own objects; `trees` materialises them in folders.
"""
