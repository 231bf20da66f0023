"""The sections: what is measured, a file for each."""
