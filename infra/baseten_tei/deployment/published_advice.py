"""What the README that users start from advises, and why a value here differs from it.

Source: basetenlabs/truss-examples, text-embeddings-inference/README.md and config.yaml (TEI 1.6, L4, BERT-large).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from baseten_tei.deployment.gpu_choice import LARGE, accelerator_of
from baseten_tei.deployment.permits import derive_permits
from baseten_tei.deployment.vram import count_parameters, input_length
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


def compare_with_advice(args: ModelArgs, facts: ModelFacts) -> tuple[Advice, ...]:
    """Return its values for this model beside those of a sized spec."""
    got = derive_permits(args)
    length, large = input_length(facts) or 512, (count_parameters(facts) or 0) >= LARGE
    tokens = 8192 if large else 32768
    rows: Iterator[tuple[str, str | int, str | int, str]] = iter(
        (
            ("accelerator", "L4", accelerator_of(args), "its model is BERT-large"),
            ("max_batch_tokens", tokens, args.max_batch_tokens, _tokens(args, tokens)),
            ("max_client_batch_size", 256, args.max_client_batch_size,
             "its README says 256 and its config 32: low lets autoscaling, which counts requests, spread them"),
            ("max_concurrent_requests", 40, got.max_concurrent_requests, _permits(args)),
            ("predict_concurrency", 40, got.predict_concurrency,
             f"its 1*40*512 fills one batch of 20480 tokens; {got.predict_concurrency}*{length} is "
             f"{got.predict_concurrency * length}, and Baseten's docs say 32 for TEI"),
        )
    )  # fmt: skip
    return tuple(
        Advice(key, str(seed), str(ours), "" if seed == ours else why)
        for key, seed, ours, why in rows
    )


def _tokens(args: ModelArgs, seed: int) -> str:
    if args.max_batch_tokens < seed:
        return "its README finds marginal gains above 16000 on an L4, and each text waits for its batch"
    return "a batch holds the longest text, or the text would be cut"


def _permits(args: ModelArgs) -> str:
    late = "gets 429" if at_least(args.tei_version, "1.9.0") else "waits, or stalls the queue"
    return (
        f"TEI counts texts, not requests: above 40 in flight, one of its own batches of 256 {late}"
    )
