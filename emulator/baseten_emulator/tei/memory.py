"""A toy of GPU memory: whether weights, activations and attention scores fit.

    activations = 4 x tokens x max(hidden_size, intermediate_size) x bytes of the dtype
    attention   = 3 x heads x padded tokens x longest input x bytes of the dtype   (padded models only)

The shape is TEI's (flash attention never holds the scores, padding does), both factors are guessed. A batch counts as
fitting up to 1.5 times the GPU's memory; weights alone must fit. Checked against three reports: Qwen3-0.6B at 16384
tokens on a T4 runs out (#760), pplx 0.6B in float32 does at 32768 on an A100 and does not at 16384 (#861).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from baseten_emulator.tei.facts import ModelFacts

OUT_OF_MEMORY = 'DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")'
_ACTIVATIONS = 4
_SCORES = 3
_BENEFIT_OF_DOUBT = 1.5


@dataclass(frozen=True)
class Memory:
    """What one model may use: `vram_bytes` None is a machine that never runs out (a CPU)."""

    facts: ModelFacts
    dtype: str
    padded: bool
    weights_bytes: int
    vram_bytes: int | None

    def holds_batch(self, texts: int, longest: int, tokens: int) -> bool:
        """Return whether a batch of `texts`, `tokens` in all, fits beside the weights."""
        if self.vram_bytes is None:
            return True
        computed = texts * longest if self.padded else tokens
        used = self.weights_bytes + self._activations(computed) + self._scores(computed, longest)
        return used <= _BENEFIT_OF_DOUBT * self.vram_bytes

    @property
    def _width(self) -> int:
        return 4 if self.dtype == "float32" else 2

    def _activations(self, tokens: int) -> int:
        widest = max(self.facts.hidden_size, self.facts.intermediate_size)
        return _ACTIVATIONS * tokens * widest * self._width

    def _scores(self, tokens: int, longest: int) -> int:
        if not self.padded:
            return 0
        return _SCORES * self.facts.num_attention_heads * tokens * longest * self._width


def batch_size(lengths: Iterable[int], max_batch_tokens: int, padded: bool) -> int:
    """Return how many of the waiting texts, given by their lengths, TEI computes together: at least one.

    It takes them in their order, as many as `--max-batch-tokens` holds; a padded model pays for the longest text as
    often as there are texts. Source: `core/src/queue.rs`.
    """
    count = tokens = longest = 0
    for length in lengths:
        longest, tokens = max(longest, length), tokens + length
        cost = longest * (count + 1) if padded else tokens
        if count and cost > max_batch_tokens:
            break
        count += 1
    return count


def split_into_batches(lengths: list[int], max_batch_tokens: int, padded: bool) -> list[list[int]]:
    """Return the lengths of one request's texts, batch by batch."""
    cut: list[list[int]] = []
    while lengths:
        count = batch_size(lengths, max_batch_tokens, padded)
        cut.append(lengths[:count])
        lengths = lengths[count:]
    return cut
