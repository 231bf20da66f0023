"""Repositories for the two readings of TEI: good ones of each model type, and what may go wrong in them."""
