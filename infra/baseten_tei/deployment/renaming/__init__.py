"""A model that gets another name on Baseten, in place, and what is pushed for it: nothing."""
