"""Baseten: where it is, what it answers, and its emulator."""
