"""The texts that `baseten-tei golden` asks about unless told otherwise: each shows another way for a model to change.

Measured on all-MiniLM-L6-v2 (docs/adr/0006): a single word shows a prompt most (cosine 0.35), the long texts
truncation (0.95), sentences that mean nearly the same the order of neighbours.
"""

_LEASE = " ".join(
    f"Clause {number}: the tenant pays rent for month {number}, and the landlord repairs the roof, "
    "the heating and the stairs."
    for number in range(1, 41)
)
"""About 900 tokens: more than the 512 of most BERT models."""

QUERY = "What is deep learning?"
"""A reranker's question."""

TEXTS = (
    QUERY,
    "WHAT IS DEEP LEARNING?",
    "Deep learning is a kind of machine learning that uses neural networks with many layers.",
    "The cat sat on the mat.",
    "A cat is sitting on a rug.",
    "Le chat est assis sur le tapis.",
    "猫坐在垫子上。",
    "Die Katze saß auf der Matte.",
    "def add(a: int, b: int) -> int:\n    return a + b",
    "Invoice 2024-117: EUR 1,250.00 is due within 30 days.",
    "ok",
    "I did not enjoy this film at all; the plot made no sense.",
    "I enjoyed this film; the plot was clever.",
    _LEASE,
    f"{_LEASE} The last clause alone says that pets are allowed.",
)
"""Case, paraphrase, four languages, code, numbers, one word, negation, and length that is cut."""


def texts_of(content: str) -> tuple[str, ...]:
    """Return the texts of a file, one a line; empty lines are skipped, and `\\n` stands for a line break."""
    lines = (line.strip().replace("\\n", "\n") for line in content.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))
