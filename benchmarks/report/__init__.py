"""Writes figures as tables and plots, and compares them with their aims."""
