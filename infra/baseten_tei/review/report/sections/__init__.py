"""What a report says of each model, subject by subject."""
