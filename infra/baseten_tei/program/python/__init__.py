"""Which Python runs the push."""
