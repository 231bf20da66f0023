"""What becomes of a deployment by itself: statuses, promotions, scaling, logs."""
