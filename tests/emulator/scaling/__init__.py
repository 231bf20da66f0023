"""How deployments scale by the clock, and what that costs."""
