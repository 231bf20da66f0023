"""What TEI's releases take, load and answer."""
