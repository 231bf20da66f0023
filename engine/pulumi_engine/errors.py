"""What the user is told when no engine can be had."""


class EngineError(Exception):
    """One line that names what is missing and what to type. Printed without a traceback."""
