"""What to do where Baseten has no free GPU: other GPUs that hold a model, and a spec's own list of them, in turn."""
