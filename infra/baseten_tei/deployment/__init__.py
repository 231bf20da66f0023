"""A spec made into a deployment: its size, instance, start command, config and steps."""
