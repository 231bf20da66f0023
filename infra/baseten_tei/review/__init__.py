"""A change before it is merged: its report, approvals, policies, snapshots, and the forges that show them."""
