"""Timing, memory, and what must not happen meanwhile."""
