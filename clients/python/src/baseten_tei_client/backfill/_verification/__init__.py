"""Whether an index of the next space can take over: coverage, vectors, agreement with the old index, latency."""
