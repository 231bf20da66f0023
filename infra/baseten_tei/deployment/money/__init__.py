"""What replicas cost."""
