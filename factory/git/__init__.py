"""The only place that runs git or opens a repository.

`command` runs git, hardened; `place` finds the developer's repository; `repository` asks it and
lands on it, `forward` moves a branch and its checkouts as one, and `obstacles` finds what a landing
would write over. `vault` holds the factory's own objects; `trees` materialises them in folders, and
`modules` keeps git from asking a repository that stands in one.
"""
