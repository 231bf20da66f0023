"""How a stack stands: what `pulumi up` would change, decided without the engine, and what Baseten runs now."""
