"""Tokens, vectors and scores, deterministic."""
