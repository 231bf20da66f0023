"""The router's routes, bodies and answers."""
