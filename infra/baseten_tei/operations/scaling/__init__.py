"""More replicas for the length of a job, and afterwards what was there before."""
