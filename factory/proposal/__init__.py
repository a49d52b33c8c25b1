"""What `init` proposes for a repository: guardrails, environment and agents, and their text."""

from factory.proposal.compose import compose
from factory.proposal.findings import Proposal, Site
from factory.proposal.propose import propose

__all__ = ["Proposal", "Site", "compose", "propose"]
