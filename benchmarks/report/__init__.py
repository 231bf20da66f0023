"""Figures as people read them, and the aims they are held to."""
