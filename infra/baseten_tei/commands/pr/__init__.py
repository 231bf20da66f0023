"""The commands of a pull request: what it changes, told on it, and held to at the merge."""
