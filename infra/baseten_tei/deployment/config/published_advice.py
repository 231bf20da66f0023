"""What the README that users start from advises, and why a value here differs from it.

Source: basetenlabs/truss-examples, text-embeddings-inference/README.md and config.yaml (TEI 1.6, L4, BERT-large).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from baseten_tei.deployment.gpu_choice import LARGE, accelerator_of
from baseten_tei.deployment.sizes.derived_counts import Derived
from baseten_tei.deployment.sizes.permits import derive_permits
from baseten_tei.deployment.sizes.vram import count_parameters, input_length
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.releases import at_least
from baseten_tei.spec.args import ModelArgs


@dataclass(frozen=True)
class Advice:
    """One of its values beside ours; `why` is empty where they are the same."""

    key: str
    seed: str
    ours: str
    why: str


def compare_with_advice(
    args: ModelArgs, facts: ModelFacts, derived: Sequence[Derived]
) -> tuple[Advice, ...]:
    """Return its values for this model beside those of a sized spec; `derived` says why those are what they are."""
    got, reasons = derive_permits(args), {it.key: it.reason for it in derived}

    def why(key: str) -> str:
        said = "the spec says so" if key in args.model_fields_set else "the default"
        return reasons.get(key) or said

    length, large = input_length(facts) or 512, (count_parameters(facts) or 0) >= LARGE
    rows: Iterator[tuple[str, str | int, str | int, str]] = iter(
        (
            ("accelerator", "L4", accelerator_of(args), "its model is BERT-large"),
            ("max_batch_tokens", 8192 if large else 32768, args.max_batch_tokens, ""),
            ("max_client_batch_size", 256, args.max_client_batch_size, "its config says 32"),
            ("max_concurrent_requests", 40, got.max_concurrent_requests, _permits(args)),
            ("predict_concurrency", 40, got.predict_concurrency,
             f"its 1*40*512 fills one batch of 20480 tokens; {got.predict_concurrency}*{length} is "
             f"{got.predict_concurrency * length}"),
        )
    )  # fmt: skip
    return tuple(
        Advice(key, str(seed), str(ours), "" if seed == ours else _join(why(key), beside))
        for key, seed, ours, beside in rows
    )


def _join(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


def _permits(args: ModelArgs) -> str:
    late = "gets 429" if at_least(args.tei_version, "1.9.0") else "waits, or stalls the queue"
    return (
        f"TEI counts texts, not requests: above 40 in flight, one of its own batches of 256 {late}"
    )
