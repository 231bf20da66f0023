"""The workflows that a project gets for its pull requests: rendered for it, and compared with what is there."""
