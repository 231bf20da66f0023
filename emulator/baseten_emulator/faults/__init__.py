"""Faults by name, and which calls they meet."""
