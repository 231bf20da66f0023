"""Findings and rules as texts."""
