"""Generated examples are the same in every run, and nothing is kept on disk."""

from hypothesis import settings

settings.register_profile(
    "same everywhere", deadline=None, derandomize=True, database=None, max_examples=15
)
settings.load_profile("same everywhere")
