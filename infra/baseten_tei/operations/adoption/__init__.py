"""From a workspace of models that others pushed to entries of a stack, and what could not be carried over."""
