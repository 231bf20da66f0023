"""Files of the reader's: JSON and YAML read by one set of rules, files read in one line and written whole."""
