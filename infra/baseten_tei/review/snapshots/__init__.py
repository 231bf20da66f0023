"""A stack's state without its secrets, to preview against where no credentials are: what goes in, what stays out."""
