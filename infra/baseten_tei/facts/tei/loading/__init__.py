"""How TEI's router reads a repository: its structs as data, and what serde and candle make of a file."""
