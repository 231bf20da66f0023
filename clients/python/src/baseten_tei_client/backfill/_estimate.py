"""What a backfill will take: rows and tokens by reading the source, hours by embedding a sample."""

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from baseten_tei_client._sync import Model
from baseten_tei_client.backfill._embedder import Embedder
from baseten_tei_client.backfill._rows import Source
from baseten_tei_client.backfill._sources import as_source
from baseten_tei_client.errors import UsageError

SAMPLE = 2048


@dataclass(frozen=True)
class Estimate:
    """`rows` and `characters` are counted; the rest follows from the rows of a sample."""

    rows: int
    characters: int
    sample: int
    sample_characters: int
    sample_tokens: int
    sample_seconds: float
    replicas: int = 1
    usd_per_minute: float | None = None
    """Of one replica."""
    sample_replicas: int | None = None
    """How many replicas embedded the sample; `None` for as many as the job will have."""

    @property
    def tokens(self) -> int:
        """Return the tokens of all rows, as many a character as the sample has."""
        return round(self.sample_tokens * self._of_sample)

    @property
    def hours(self) -> float:
        """Return the hours at the sample's rate, which grows with the replicas."""
        return self.sample_seconds * self._of_sample / 3600 / self._speed

    @property
    def tokens_per_second(self) -> float:
        """Return the rate of the sample, which grows with the replicas."""
        return self.sample_tokens / self.sample_seconds * self._speed

    @property
    def usd(self) -> float | None:
        """Return the dollars of all replicas for that long; `None` without a price."""
        if self.usd_per_minute is None:
            return None
        return self.usd_per_minute * 60 * self.hours * self.replicas

    @property
    def _speed(self) -> float:
        return self.replicas / (self.sample_replicas or self.replicas)

    @property
    def _of_sample(self) -> float:
        return self.characters / max(1, self.sample_characters)


def estimate(
    model: Embedder, source: Source | Iterable[Any], *, sample: int = SAMPLE, timeout: float = 600.0,
    replicas: int | None = None, sample_replicas: int | None = None, usd_per_minute: float | None = None,
    seed: int = 0,
) -> Estimate:  # fmt: skip
    """Read the whole source, embed some of its rows, and return what all of them will take.

    `replicas` are those that the job will have, by default the `max_replica` of the outputs; where only
    `sample_replicas` of them are there now, the others are counted as just as fast. The sample is sent as a backfill
    would send it, so a small one, or one while replicas are still starting, tells too low a rate. Raises
    `UsageError` for a source without a text, and what the model's `embed_documents` raises.
    """
    rows, characters, texts = _read(as_source(source), sample, random.Random(seed))  # noqa: S311  # a sample
    if not texts:
        raise UsageError(f"the source has {rows} rows and no text to embed")
    model.embed(["awake before the clock starts"], timeout=timeout)
    began = time.monotonic()
    result = model.embed_documents(texts, timeout=timeout, on_refusal="skip")
    seconds = max(time.monotonic() - began, 1e-6)
    return Estimate(
        rows, characters, len(texts), sum(map(len, texts)), result.usage.tokens, seconds,
        replicas or _most_replicas(model),
        usd_per_minute,
        sample_replicas,
    )  # fmt: skip


def _most_replicas(model: Embedder) -> int:
    """Return the replicas that the outputs of a connected model tell."""
    limits = model._model._outputs.limits if isinstance(model, Model) else {}
    return int(limits.get("max_replica") or 1)


def _read(source: Source, most: int, chance: random.Random) -> tuple[int, int, list[str]]:
    """Return rows, characters, and a sample in which each text is as likely (a reservoir)."""
    rows = characters = seen = 0
    kept: list[str] = []
    for row in source:
        rows += 1
        if not isinstance(row.text, str) or not row.text:
            continue
        seen += 1
        characters += len(row.text)
        if len(kept) < most:
            kept.append(row.text)
        elif (place := chance.randrange(seen)) < most:
            kept[place] = row.text
    return rows, characters, kept
