"""What GitHub and GitLab say, read: which comment is ours, which pull request is meant, which artifact counts."""
