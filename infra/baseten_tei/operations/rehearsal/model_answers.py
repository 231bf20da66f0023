"""What a model showed on one side of a rehearsal, and whether the other side shows the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from baseten_tei.facts.tei.router_calls import Answer
from baseten_tei.provider.release.gates.parity import (
    format_cosine,
    parity_problems,
    recorded_problems,
    vector_parity,
)
from baseten_tei.provider.release.golden.file import GoldenFile
from baseten_tei.provider.release.golden.recording import new_golden
from baseten_tei.provider.release.golden.texts import QUERY


def query_of(task: str) -> str | None:
    """Return the question that goes with each text, which only a reranker has."""
    return QUERY if task == "reranker" else None


@dataclass(frozen=True)
class ModelAnswers:
    """A model of one version: answers by text, what its router says of itself, milliseconds of each call."""

    task: str
    digest: str
    answers: Mapping[str, Answer] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)
    milliseconds: tuple[float, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def dimensions(self) -> int | None:
        """Return the length of an embedding's vectors."""
        first = next(iter(self.answers.values()), None)
        return len(first) if isinstance(first, tuple) else None

    @property
    def latency(self) -> float | None:
        """Return the median of the calls with one text, in milliseconds; `None` where none was answered."""
        return round(median(self.milliseconds), 3) if self.milliseconds else None


@dataclass(frozen=True)
class SpaceComparison:
    """Where a version's answers are, seen from the version before: `shown` is for a table."""

    shown: str
    problems: tuple[str, ...] = ()

    @property
    def is_moved(self) -> bool:
        """Return whether what was indexed or tuned with the version before is worth nothing now."""
        return bool(self.problems)


def compare_spaces(name: str, before: ModelAnswers, after: ModelAnswers) -> SpaceComparison:
    """Compare both versions' answers to the texts that both of them took, within the gates' tolerances."""
    if before.task != after.task:
        return SpaceComparison(
            "moved (another task)", (f"it was a {before.task} and is a {after.task}",)
        )
    texts = [text for text in before.answers if text in after.answers]
    if not texts:
        return SpaceComparison("unknown (no answers)")
    pairs = [(text, before.answers[text]) for text in texts]
    golden = new_golden(name, before.info, None, query_of(before.task), pairs, None)
    answers = [after.answers[text] for text in texts]
    named = (
        it.removesuffix(" as recorded") for it in recorded_problems(golden.recorded, after.info)
    )
    problems = (*named, *parity_problems(golden, answers))
    word = "moved" if problems else "equal"
    return SpaceComparison(f"{word} ({_format_distance(golden, answers)})", problems)


def _format_distance(golden: GoldenFile, answers: list[Answer]) -> str:
    """Return the least cosine, or how far apart a score is at most, in a few words."""
    old: Any = golden.values()
    new: Any = answers
    match golden.task:
        case "embedding" if len(old[0]) != len(new[0]):
            return f"{len(old[0])} to {len(new[0])} dimensions"
        case "embedding":
            return f"cosine {format_cosine(min(vector_parity(old, new).cosines))}"
        case "reranker":
            apart = max(abs(one - other) for one, other in zip(old, new, strict=True))
        case _ if set(old[0]) != set(new[0]):
            return "other labels"
        case _:
            pairs = [
                (one[label], two[label]) for one, two in zip(old, new, strict=True) for label in one
            ]
            apart = max(abs(one - other) for one, other in pairs)
    return f"scores within {apart:.4f}"
