"""What a user writes: its types, names, parsing and messages."""
