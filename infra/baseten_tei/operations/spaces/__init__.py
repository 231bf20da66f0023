"""The models that follow each other under one name, and how they change places."""
