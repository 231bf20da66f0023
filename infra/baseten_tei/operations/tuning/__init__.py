"""Tuning decisions: what to send, what it showed, which settings to try next, and how many replicas that takes."""
