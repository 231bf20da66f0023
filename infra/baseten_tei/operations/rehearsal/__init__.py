"""Decisions of a rehearsal: what to change in a stack's copy, what to ask of its models, what to make of answers."""
