"""Measures speed as ratios of runs side by side: `make bench`; README.md says how to read the figures."""
