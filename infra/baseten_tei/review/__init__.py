"""A change before it is merged: its report, its marks, policies, snapshots, and the forges that show them."""
