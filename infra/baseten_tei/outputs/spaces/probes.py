"""The texts whose vectors make a fingerprint. Changing one is another version of the format."""

PROBES = (
    "What is deep learning?",
    "ok",
    "The cat sat on the mat.",
    "Le chat est assis sur le tapis.",
    "猫坐在垫子上。",
    "def add(a: int, b: int) -> int:\n    return a + b",
    "Invoice 2024-117: EUR 1,250.00 is due within 30 days.",
    "I did not enjoy this film at all; the plot made no sense.",
)
"""Short, so that no limit refuses or cuts one; a single word shows a prompt most (docs/adr/0006)."""
