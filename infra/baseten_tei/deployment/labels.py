"""Labels that a push stamps on a deployment, and whose they say it is."""

DIGEST_LABEL = "config_digest"
OWNER_LABELS = ("pulumi_project", "pulumi_stack")
STATE_LABEL = "pulumi_state"
RESERVED_LABELS = frozenset({DIGEST_LABEL, *OWNER_LABELS, STATE_LABEL, "git_sha"})
