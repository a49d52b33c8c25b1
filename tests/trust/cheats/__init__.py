"""Changes to one small project: cheats, one for each known way, and honest ones beside them.

They are data: nothing here is run or imported but by a guardrail in its sandbox.
"""

from __future__ import annotations

from tests.trust.cheats.code import CODE
from tests.trust.cheats.configured import CONFIGURED
from tests.trust.cheats.gone import GONE, SKIPPED
from tests.trust.cheats.honest_code import HONEST_CODE
from tests.trust.cheats.honest_tests import HONEST_TESTS
from tests.trust.cheats.machinery import MACHINERY
from tests.trust.cheats.silenced import SILENCED
from tests.trust.cheats.weaker import WEAKER

CHEATS = (*GONE, *SKIPPED, *WEAKER, *CONFIGURED, *MACHINERY, *SILENCED, *CODE)
"""Each is green by pytest's exit code in the agent's own tree, and should not be."""

HONEST = (*HONEST_CODE, *HONEST_TESTS)
"""Each does what it says, half of them by editing tests or settings."""
