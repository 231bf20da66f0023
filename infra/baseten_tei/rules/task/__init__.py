"""Rules about the task, its head and its labels."""
