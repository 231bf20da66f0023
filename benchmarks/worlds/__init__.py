"""Stacks, programs and servers to measure with."""
