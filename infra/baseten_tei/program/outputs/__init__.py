"""What a program tells of its models."""
