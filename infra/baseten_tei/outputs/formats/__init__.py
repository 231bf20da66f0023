"""A stack's outputs for other tools: variables, files, manifests, and typed modules."""
