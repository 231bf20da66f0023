"""Calls over HTTP: whole answers within a deadline and a size, or the reason why there is none."""
