"""Rules about names and numbers of a spec, and clashes between models."""
