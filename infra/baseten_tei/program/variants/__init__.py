"""What one spec becomes: the GPU whose turn it is, and the models beside it under its name."""
