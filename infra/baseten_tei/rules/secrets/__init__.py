"""Rules about tokens, and about downloads."""
