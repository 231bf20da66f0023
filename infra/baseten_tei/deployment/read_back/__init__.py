"""What a deployed Truss config says, whoever wrote it: read back into flags, weights and task."""
