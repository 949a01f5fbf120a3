"""Worlds at random, by the million: the engine on every path against the reference."""
