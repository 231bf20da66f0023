"""Facts that are not ours, of TEI and of the Hugging Face Hub, and how files and answers are read."""
