"""One call by a service: prepared, cut into batches, gathered."""
