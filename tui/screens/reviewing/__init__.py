"""The parts of the review screen: what it holds, moving, reading, remarking and deciding."""
