"""Requests to the router: permits, retries, hedging, transports."""
