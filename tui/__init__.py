"""The Textual client of factory-tui. Asks the engine through `factory.client` only."""

import os

# Textual's update timer may skip a period after each paint: at its 60 a second a key then waits
# up to 33 ms for nothing. Twice as many cost nothing while idle: the timer sleeps between paints.
os.environ.setdefault("TEXTUAL_FPS", "120")
