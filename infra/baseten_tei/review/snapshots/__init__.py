"""A stack's state without its secrets, for previews without credentials."""
