"""serde and serde_json: Rust types as data, and what they make of a JSON value."""
