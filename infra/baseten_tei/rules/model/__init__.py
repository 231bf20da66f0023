"""Rules about the model's own files."""
