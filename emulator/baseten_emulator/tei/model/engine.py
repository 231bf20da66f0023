"""The model: tokens in, numbers out, with the checks that TEI's `core/src/infer.rs` makes."""

import math
from dataclasses import dataclass, field

from baseten_emulator.tei.errors import backend_error
from baseten_emulator.tei.memory import OUT_OF_MEMORY, split_into_batches
from baseten_emulator.tei.model.death import no_tokens_error
from baseten_emulator.tei.model.deviations import (
    Deviation,
    deviate_logit,
    deviate_vector,
    deviations_of,
)
from baseten_emulator.tei.model.permits import Permits
from baseten_emulator.tei.model.scores import logits
from baseten_emulator.tei.model.tokenizing import Item, Reader, Reading, Sequences
from baseten_emulator.tei.model.tokens import Token, Tokenizer
from baseten_emulator.tei.model.vectors import Vector, pool
from baseten_emulator.tei.pace.pace import Pace
from baseten_emulator.tei.pace.service_time import NOTHING, Spent
from baseten_emulator.tei.settings import Settings

_DIE_OF_NO_TOKENS = ("bert", "nomic_bert", "modernbert", "qwen3")
"""Measured; DistilBERT and XLM-RoBERTa answer with nulls."""


@dataclass
class Engine:
    """One loaded model with its reader, permits and counters."""

    settings: Settings
    reader: Reader = field(init=False)
    permits: Permits = field(init=False)
    deviations: tuple[Deviation, ...] = field(init=False)
    counters: dict[str, int] = field(default_factory=dict)
    pace: Pace | None = None
    """What makes it take time; None: it answers at once."""

    def __post_init__(self) -> None:
        settings = self.settings
        self.reader = Reader(settings, Tokenizer.of(settings.facts.model_type))
        self.permits = Permits(settings.max_concurrent_requests, settings.version)
        self.deviations = deviations_of(settings)

    @property
    def space(self) -> str:
        """The name of the model's own embedding space; two models' vectors have nothing in common."""
        facts = self.settings.facts
        return "/".join((facts.repo_id, self.settings.trained_pooling, *facts.dense))

    def require_memory(self, lengths: list[int]) -> None:
        """Refuse a request whose batches the GPU has no memory for (424)."""
        memory, most = self.settings.memory, self.settings.max_batch_tokens
        if memory is None or memory.vram_bytes is None:
            return
        for batch in split_into_batches(lengths, most, memory.padded):
            if not memory.holds_batch(len(batch), max(batch), sum(batch)):
                raise backend_error(OUT_OF_MEMORY)

    def spend(self, lengths: list[int]) -> Spent:
        """Take the time that texts of so many tokens take, and say where it went."""
        return self.pace.spend(lengths) if self.pace else NOTHING

    def require_embedder(self) -> None:
        """Refuse to embed with a classifier (424)."""
        if self.settings.facts.task != "embedding":
            raise backend_error("Model is not an embedding model")

    def require_classifier(self) -> None:
        """Refuse to predict with an embedder (424)."""
        if self.settings.facts.task == "embedding":
            raise backend_error("Model is not a classifier model")

    def vector(self, tokens: list[Token]) -> Vector:
        """Return the pooled vector of one text, not normalised; of a text without tokens none is a number."""
        if self.settings.pooling == "splade":
            return self.activations(tokens)
        if not tokens:
            return [math.nan] * self.settings.facts.hidden_size
        vector = pool(self.space, tokens, self.settings.facts.hidden_size)
        return deviate_vector(vector, self.space, tokens, self.deviations)

    def activations(self, tokens: list[Token]) -> Vector:
        """Return what a SPLADE model makes of a text: a number for each token of its vocabulary."""
        vocabulary = [0.0] * self.settings.facts.vocab_size
        for token in tokens:
            if not token.special:
                vocabulary[token.id % len(vocabulary)] += 1.0
        return vocabulary

    def read(self, item: Item, how: Reading) -> list[Token]:
        """Return the tokens of one input. Raises TeiError, or RouterDiedError: none are left of unknown ids."""
        tokens = self.reader.read(item, how)
        if not tokens and self.settings.facts.model_type in _DIE_OF_NO_TOKENS:
            raise no_tokens_error()
        return tokens

    def scores(self, texts: Sequences, how: Reading) -> tuple[list[float], int]:
        """Return the raw logits of one text or one pair, and how many tokens were read."""
        if len(texts) == 1:
            return self._logits(self.reader.read(texts[0], how), [])
        return self._logits(*self.reader.read_pair(texts, how))

    def _logits(self, first: list[Token], second: list[Token]) -> tuple[list[float], int]:
        facts, tokens = self.settings.facts, [*first, *second]
        deviated = [
            deviate_logit(logit, number, tokens, self.deviations)
            for number, logit in enumerate(logits(facts, first, second))
        ]
        return deviated, len(tokens)

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Add to a Prometheus counter."""
        shown = ",".join(f'{key}="{value}"' for key, value in labels.items())
        name = f"{name}{{{shown}}}" if shown else name
        self.counters[name] = self.counters.get(name, 0) + by
