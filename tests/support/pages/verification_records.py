"""Records of verifications as the client's figures make them: one that passed, and one with much that is wrong."""

from dataclasses import replace
from typing import Any

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill import Thresholds, Verification
from baseten_tei_client.backfill._verification.figures import (
    Agreement,
    Coverage,
    Figures,
    Judgement,
    Latency,
    Times,
    Vectors,
)
from baseten_tei_client.backfill._verification.verdict import judge

LONG = "customer-support-conversations-with-attachments/2026/11/30/0001f3a9c7d24e5b8a6c"
WHOLE = Figures(
    Space("BAAI/bge-small-en-v1.5", "5c38ec7c405e", 384, "cls", True),
    Space("BAAI/bge-base-en-v1.5", "a5beb1e3e68b", 768, "cls", True),
    "qdrant:http://db.internal:6333/notes",
    "qdrant:http://db.internal:6333/notes-2",
    Coverage(
        20_000, 19_968, 0, 28, 4, 61, 0, 0,
        refused_rows={f"note-{n}": "has 9,112 tokens, and the model takes 512" for n in (17, 902, 4410, 18_003)},
    ),
    Vectors(19_968, 768, 0, 0, 0, 0, (), 1096, 0, (), 0.99998),
    0, 200,
    Agreement(200, 10, 0.562, (1, 2, 6, 17, 31, 46, 44, 29, 15, 6, 3)),
    Judgement("rerank", 200, 0.871, 0.884, -0.002, 0.028, 84, 61),
    Latency(
        200, Times(11.2, 16.9, 24.1), Times(17.5, 25.2, 33.8), Times(2.9, 4.4, 7.0), Times(3.6, 5.5, 8.1),
        Times(14.2, 20.8, 29.6), Times(21.3, 30.1, 40.2),
    ),
)  # fmt: skip
SPOILT = replace(
    WHOLE,
    coverage=Coverage(
        1_000_000, 951_204, 48_796, 0, 0, 0, 3, 0, missing_ids=[f"{LONG}-{n}" for n in range(20)], extra_ids=("gone",)
    ),
    vectors=replace(
        WHOLE.vectors, zero=2, not_finite=1, bad_ids=(LONG,), foreign=31,
        foreign_ids=[f"note-{n}" for n in range(9)],
    ),
    judgement=Judgement("rerank", 12, 0.871, 0.512, -0.46, -0.25, 0, 12),
)  # fmt: skip


def record(figures: Figures = WHOLE) -> dict[str, Any]:
    """As `baseten-tei space verify` writes it."""
    wanted = Thresholds()
    found = Verification(figures, wanted, judge(figures, wanted)).as_mapping()
    return {
        "format": 1,
        "model": "search",
        "stack": "dev",
        "date": "2026-11-30T10:00:00+00:00",
        "emulated": True,
        **found,
    }
