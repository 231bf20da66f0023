"""Copies of a project in a folder and a state of their own, without its credentials."""
