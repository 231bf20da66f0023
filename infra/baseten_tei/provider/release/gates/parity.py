"""Whether a version answers as the golden vectors say: numbers first, then words for what is beyond tolerance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baseten_tei.facts.tei.router_calls import Answer, Scores, Vector
from baseten_tei.provider.release.gates.smoke import cosine, unit
from baseten_tei.provider.release.golden.file import GoldenFile, Recorded, Tolerances

SHOWN_CHARACTERS = 32


@dataclass(frozen=True)
class VectorParity:
    """How far new vectors are from golden ones."""

    cosines: tuple[float, ...]
    neighbours_lost: tuple[float, ...]
    """By how much golden cosine each text's new nearest neighbour was farther; 0: it is the same one."""

    @property
    def worst(self) -> int:
        """The text that moved most."""
        return self.cosines.index(min(self.cosines))

    @property
    def mean(self) -> float:
        """Mean cosine over the texts."""
        return sum(self.cosines) / len(self.cosines)

    def changed_neighbours(self, margin: float) -> int:
        """Return texts whose nearest neighbour is another one, and not one that was about as near."""
        return sum(lost > margin for lost in self.neighbours_lost)


def vector_parity(golden: Sequence[Vector], new: Sequence[Vector]) -> VectorParity:
    """Compare vectors of one length, in the order of their texts."""
    old, now = [unit(vector) for vector in golden], [unit(vector) for vector in new]
    return VectorParity(
        tuple(map(cosine, old, now)),
        tuple(_neighbour_loss(number, old, now) for number in range(len(old)))
        if len(old) > 1
        else (0.0,),
    )


def _neighbour_loss(number: int, old: Sequence[Vector], now: Sequence[Vector]) -> float:
    others = [other for other in range(len(old)) if other != number]
    nearest = max(others, key=lambda other: cosine(now[number], now[other]))
    best = max(cosine(old[number], old[other]) for other in others)
    return best - cosine(old[number], old[nearest])


def find_change(
    golden: GoldenFile, answers: Sequence[Answer], info: Mapping[str, Any]
) -> str | None:
    """Return why a version with these answers and this `/info` is another one, with what to type; `None`: it is not."""
    problems = [*recorded_problems(golden.recorded, info), *parity_problems(golden, answers)]
    if not problems:
        return None
    what = "the embedding space" if golden.task == "embedding" else "the scores"
    return (
        f"moved {what}: {', '.join(problems)}: if that is wanted write new_space: true and record again "
        f"with `baseten-tei golden {golden.model}`"
    )


def recorded_problems(recorded: Recorded, info: Mapping[str, Any]) -> list[str]:
    """Compare pooling and precision of `/info` with the recorded ones.

    By name: in numbers, another precision differs no more than noise (docs/adr/0006).
    """
    told = {"pooling": pooling_of(info), "dtype": info.get("model_dtype")}
    pairs = [(key, getattr(recorded, key), value) for key, value in told.items()]
    return [
        f"{key} {now}, not {before} as recorded"
        for key, before, now in pairs
        if None not in (before, now) and before != now
    ]


def pooling_of(info: Mapping[str, Any]) -> str | None:
    """Return an embedding's pooling, in `/info`'s spelling (`last_token`)."""
    embedding = (info.get("model_type") or {}).get("embedding") or {}
    pooling: str | None = embedding.get("pooling")
    return pooling


def parity_problems(golden: GoldenFile, answers: Sequence[Answer]) -> list[str]:
    """Return what is beyond tolerance, with the numbers; none: the version answers as it should."""
    texts = [answer.text for answer in golden.answers]
    values: Any = golden.values()
    new: Any = answers
    match golden.task:
        case "embedding":
            return _vector_problems(texts, values, new, golden.tolerances)
        case "reranker":
            return _score_problems(texts, values, new, golden.tolerances)
        case _:
            return _label_problems(texts, values, new, golden.tolerances)


def _vector_problems(
    texts: Sequence[str], old: Sequence[Vector], new: Sequence[Vector], allowed: Tolerances
) -> list[str]:
    if lengths := {len(vector) for vector in new} - {len(old[0])}:
        return [f"vectors of {min(lengths)} dimensions, not {len(old[0])}"]
    found, problems = vector_parity(old, new), []
    if found.cosines[found.worst] < allowed.min_cosine:
        problems.append(
            f"cosine {format_cosine(found.cosines[found.worst])} of {quote_text(texts[found.worst])} "
            f"(least allowed {allowed.min_cosine:g}, mean {format_cosine(found.mean)})"
        )
    if changed := found.changed_neighbours(allowed.rank_margin):
        problems.append(f"{changed} of {len(texts)} nearest neighbours changed")
    return problems


def _score_problems(
    texts: Sequence[str], old: Sequence[float], new: Sequence[float], allowed: Tolerances
) -> list[str]:
    apart = [abs(before - now) for before, now in zip(old, new, strict=True)]
    worst = apart.index(max(apart))
    if apart[worst] <= allowed.max_score_difference:
        return []
    return [
        f"score {new[worst]:.4f} of {quote_text(texts[worst])} was {old[worst]:.4f} "
        f"(most allowed {allowed.max_score_difference:g} apart)"
    ]


def _label_problems(
    texts: Sequence[str], old: Sequence[Scores], new: Sequence[Scores], allowed: Tolerances
) -> list[str]:
    known, told = set(old[0]), {label for scores in new for label in scores}
    if known != told:
        gone, come = sorted(known - told), sorted(told - known)
        return [f"labels changed: {', '.join([f'-{x}' for x in gone] + [f'+{x}' for x in come])}"]
    pairs = [(text, label) for text in range(len(texts)) for label in known]
    named = [f"{texts[text]} as {label}" for text, label in pairs]
    before = [old[text][label] for text, label in pairs]
    return _score_problems(named, before, [new[t].get(x, 0.0) for t, x in pairs], allowed)


def format_cosine(value: float) -> str:
    """Return a cosine with as many digits as tell it from 1."""
    return f"{value:.2f}" if value < 0.99 else f"{value:.6f}"


def quote_text(text: str) -> str:
    """Return the beginning of a text, on one line."""
    line = " ".join(text.split())
    return f'"{line}"' if len(line) <= SHOWN_CHARACTERS else f'"{line[:SHOWN_CHARACTERS]}…"'
