"""What somebody else changed, by field."""
