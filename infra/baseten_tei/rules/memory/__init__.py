"""Rules about the memory of GPU and host."""
