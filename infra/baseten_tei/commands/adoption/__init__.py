"""The steps of `adopt`."""
