"""Compile policy documents into one flat decision table."""
