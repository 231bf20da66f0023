"""The files of a user's project, its git repository, its Pulumi state."""
