"""Processes and folders that end with whoever started them."""
