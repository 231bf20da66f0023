"""What a user can mend."""


class ServiceError(Exception):
    """One line that ends in what to type."""
