"""Measures time and memory, and finds calls, writes and imports that must not happen."""
