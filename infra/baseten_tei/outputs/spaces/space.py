"""A space as a stack's outputs tell it."""

from baseten_tei.outputs.words import Words


class Space(Words):
    """What vectors have to have in common to be compared; the fingerprint says it in numbers, the rest by name.

    Where `deployment` pins another version, both are those of what serves.
    """

    model_id: str
    """Hugging Face repository."""
    revision: str
    """Its commit; the branch where the model is not locked."""
    dimensions: int | None
    """Length of a vector; null until a first release."""
    pooling: str | None
    """How tokens become one vector: `cls`, `mean`, `last-token` or `splade`; null where nobody says it."""
    normalized: bool
    """Whether vectors have length 1, as those of `/v1/embeddings` always have."""
    prompt: str | None
    """Text before every text; null for none, and where its name is all that is known."""
    prompt_name: str | None
    """The prompt's name in the repository; null for none."""
    document_prompt: str | None = None
    """Text that clients put before documents (`prompts.document`), in no fingerprint; missing: none is declared."""
    dtype: str
    """Precision: `float16` or `float32`; too close to be told apart in numbers."""
    max_input_length: int | None
    """Tokens after which a text is cut, so that longer ones may differ; null until a first release."""
    fingerprint: str | None
    """The space in numbers, `v1:…`; the same text for as long as it is the same space. Null: none was taken."""
