"""The push step: `truss push`, once for each config digest."""
