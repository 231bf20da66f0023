"""A change before it is merged: its report, policies, snapshots, and the forges that show them."""
