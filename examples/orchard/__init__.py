"""Orchard, an invented organisation, and the calls that its people and machines made in October 2026."""
