"""A stack's outputs as a module of a typed language, so that a consumer's type checker sees what changed."""
