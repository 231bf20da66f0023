"""Numbers that follow from a spec, its instance and the locked facts."""
