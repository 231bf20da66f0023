"""Starting a router: images, model files, weights, warm-up."""
