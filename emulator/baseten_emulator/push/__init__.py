"""What a push sends: archives, configs, the models and versions that come of them."""
