"""A version's way into an environment: ready, checked, promoted; older ones removed."""
