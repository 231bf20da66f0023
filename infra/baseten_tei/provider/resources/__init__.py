"""The resources of the provider: what each creates, reads, changes and deletes."""
