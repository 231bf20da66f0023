"""The error that a user sees if no engine can be set up."""


class EngineError(Exception):
    """One line that names what is missing and what to run. Printed without a traceback."""
