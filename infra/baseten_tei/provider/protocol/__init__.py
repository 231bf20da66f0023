"""Pulumi's provider protocol over our resources."""
