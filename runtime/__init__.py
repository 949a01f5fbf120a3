"""Evaluate requests against a decision table, without the GIL."""
