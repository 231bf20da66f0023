"""The management REST API, a file for each kind of thing."""
