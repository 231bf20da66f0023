"""The router's command line, read as clap reads it."""
