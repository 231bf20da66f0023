"""Rules about GPUs and instances."""
