"""Provides a Pulumi engine on any machine: the one on PATH, the official bundle, or one built from Go.

Run `python -m pulumi_engine setup`, then `eval "$(python -m pulumi_engine env)"`.
"""
