"""What commands do beyond one stack's `up`: tune, rehearse, status, adopt, doctor."""
