"""What a version has to show before it gets traffic, and the golden vectors it has to agree with."""
