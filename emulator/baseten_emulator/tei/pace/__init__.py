"""How long the router takes."""
