"""Toy heads: a reranker that counts shared words, a classifier with a small lexicon."""

import json
import math
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

from baseten_emulator.tei.facts import ModelFacts
from baseten_emulator.tei.model.tokens import Token
from baseten_emulator.tei.model.vectors import is_faint, stem

_LEXICON_WEIGHT = 4.0
_HASH_WEIGHT = 0.4
_PRIOR_SPREAD = 0.5
_PRIORS = {"neutral": 2.0}  # the label of a text whose words say nothing


def logits(facts: ModelFacts, first: Sequence[Token], second: Sequence[Token]) -> list[float]:
    """Return one logit per label, for a text or for a pair (query, text)."""
    if facts.task == "reranker":
        return [relevance(facts.repo_id, words_of(first), words_of(second))]
    words = words_of([*first, *second])
    return [label_logit(facts.repo_id, label, words) for label in facts.labels]


def words_of(tokens: Iterable[Token]) -> list[str]:
    """Return the stems of the words, without special tokens."""
    return [stem(token.text) for token in tokens if not token.special]


def relevance(model: str, query: Sequence[str], text: Sequence[str]) -> float:
    """Return about -5 for nothing in common, about 5 when the text holds every word of the query."""
    significant = {word for word in query if not is_faint(word)} or set(query)
    shared = significant & set(text)
    coverage = len(shared) / len(significant) if significant else 0.0
    density = len(shared) / len(text) if text else 0.0
    return 9.0 * coverage + density - 5.0 + 0.1 * noise(model, *query, "\0", *text)


def label_logit(model: str, label: str, words: Sequence[str]) -> float:
    """Return a hashed prior, a little noise from each word, and much from words of the label's lexicon."""
    prior = _PRIOR_SPREAD * noise(model, label) + _PRIORS.get(label.lower(), 0.0)
    noisy = sum(noise(model, label, word) for word in words) / max(1.0, math.sqrt(len(words)))
    return prior + _HASH_WEIGHT * noisy + _LEXICON_WEIGHT * evidence(words, label)


def evidence(words: Sequence[str], label: str) -> float:
    """Return what the words say for a label: each adds less than the one before, its own name counts twice."""
    own = stem(label)
    hits = lexicon().get(label.lower(), frozenset())
    return math.log2(1 + sum((word in hits) + (word == own) for word in words))


def noise(*parts: str) -> float:
    """Return a number in [-1, 1) that follows from the parts, the same on every machine."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**31 - 1


@cache
def lexicon() -> dict[str, frozenset[str]]:
    """Return the stems that speak for each label (lower case); data in `lexicon.json`."""
    table = json.loads(Path(__file__).with_name("lexicon.json").read_text("utf-8"))
    return {label: frozenset(map(stem, words.split())) for label, words in table.items()}


def probabilities(scores: Sequence[float]) -> list[float]:
    """Return the softmax over several labels, the sigmoid of a single one, as TEI does (`core/src/infer.rs`).

    Softmax also for models whose labels do not exclude each other, such as go_emotions.
    """
    if len(scores) == 1:
        return [1 / (1 + math.exp(-scores[0]))]
    peak = max(scores)
    powers = [math.exp(score - peak) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
