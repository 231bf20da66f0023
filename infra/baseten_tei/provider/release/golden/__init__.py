"""Golden vectors: recorded answers that later versions have to agree with."""
