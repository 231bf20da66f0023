"""What a client reads of outputs: models, spaces, and which of them it calls."""
