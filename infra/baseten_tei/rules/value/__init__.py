"""Checks of a spec's values."""
