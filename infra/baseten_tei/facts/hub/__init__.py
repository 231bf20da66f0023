"""What the Hugging Face Hub says of a model, and the lock that keeps it."""
