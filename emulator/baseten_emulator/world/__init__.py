"""Everything that is kept: records, their store, the clock, requests and answers."""
