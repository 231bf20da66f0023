"""The notebook of examples/notebook, in an environment of its own."""
