"""Other people's programs that read what `baseten-tei operations` writes."""
