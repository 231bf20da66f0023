"""A request as it comes in: who may send it, how long it may take, how large it may be."""
