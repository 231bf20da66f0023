"""What a preview means for models, costs, traffic and callers; `pr report` and `pr preview` show it."""
