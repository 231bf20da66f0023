"""Errors that a user can fix."""


class ServiceError(Exception):
    """One line that ends in what to run."""
