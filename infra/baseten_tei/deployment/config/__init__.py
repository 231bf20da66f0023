"""The Truss config of a spec, as data and as a file."""
