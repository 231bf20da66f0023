"""Speed, as ratios measured side by side in one run: `make bench`, and README.md for how to read it."""
