"""What was up and was billed, for the typical costs of a report."""
