"""The Textual client of factory-tui. Asks the engine through `factory.client` only."""
