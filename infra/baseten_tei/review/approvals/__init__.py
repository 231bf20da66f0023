"""Marks by which a merge is held to what was reviewed."""
