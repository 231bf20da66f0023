"""An embedding model's space: what it is by name and in numbers, and whether two of them are one."""
