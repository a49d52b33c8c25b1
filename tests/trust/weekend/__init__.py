"""An engine of its own process, a model that bills, a clock on the wall, and bad luck."""
