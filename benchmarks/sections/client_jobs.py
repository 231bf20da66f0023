"""One job for three clients: many texts of mixed length, one model with tight limits, a network's latency.

The emulator answers each call 0.1 s late (its fault `slow_reply`), as a network and a GPU would. The other clients
get only texts that can be sent, and the limits; ours finds the limits itself and reports what was cut.
"""

import time
from binascii import a2b_base64
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from baseten_performance_client import PerformanceClient, RequestProcessingPreference
from openai import APIStatusError, OpenAI
from tests.client.corpus import corpus
from tests.client.stack import ClientStack
from tests.client.toy import toy_tokenizer
from tests.support.harness import API_KEY, running_emulator

from baseten_emulator.tei.model.tokens import Tokenizer
from baseten_tei_client import Embeddings
from benchmarks.measure.timing import Figure
from benchmarks.measure.watching import WatchError

TEXTS, QUICK_TEXTS, ROUNDS = 10_000, 2_000, 3
LATENCY_SECONDS = 0.1
PERFORMANCE_CLIENT, OPENAI = "performance client", "OpenAI SDK in a loop"
OTHERS = {PERFORMANCE_CLIENT: 1.0, OPENAI: 0.2}
"""Whom ours is measured against, and the most of their time that it may take."""
NAME, REPO, DIMENSIONS = "search", "BAAI/bge-small-en-v1.5", 384
LIMITS = {
    "max_client_batch_size": 32, "payload_limit_bytes": 60_000, "max_batch_tokens": 8_192,
    "max_concurrent_requests": 512, "predict_concurrency": 16,
}  # fmt: skip
WAYS: Mapping[str, Mapping[str, Any]] = {
    "": {"transport": "http"},
    ", extra fast": {"transport": "performance"},
    ", tokenizer.json": {"transport": "http", "tokenizer": toy_tokenizer()},
}
"""How ours is used: by default, with Baseten's client below it, and with exact token counts."""
MOST_BYTES_OF_A_CHARACTER = 6
"""Those of a control character in JSON."""


def figures(quick: bool) -> Iterator[Figure]:
    """Yield ours, used in three ways, against each of the others; all of them in turn, several times."""
    texts = corpus(QUICK_TEXTS if quick else TEXTS)
    print(f"== client: {len(texts)} texts, each answer {LATENCY_SECONDS} s late", flush=True)
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        stack.put(NAME, "embedding", REPO, **LIMITS)
        stack.wait()
        emulator.fault(NAME, "slow_reply", on="inference", seconds=LATENCY_SECONDS)
        took = _take_in_turn(_Job(stack, texts), 1 if quick else ROUNDS)
    for against, aim in OTHERS.items():
        for way in WAYS:
            what = f"embed {len(texts)} texts{way}"
            yield Figure("client", what, against, tuple(took[way]), tuple(took[against]), aim)


def _take_in_turn(job: "_Job", rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each; every second round is in reverse order."""
    job.run_other(PERFORMANCE_CLIENT)  # the emulator remembers words
    took: dict[str, list[float]] = {name: [] for name in (*WAYS, *OTHERS)}
    for n in range(rounds):
        for name in took if n % 2 == 0 else reversed(took):
            run = job.run_other if name in OTHERS else job.run
            took[name].append(run(name))
    return took


class _Job:
    """A job for our client, whose result is checked."""

    def __init__(self, stack: ClientStack, texts: Sequence[str]) -> None:
        self._stack, self._texts = stack, texts
        self.sendable = [text for text in texts if text and not _has_surrogate(text)]

    def run_other(self, name: str) -> float:
        """Return the seconds of another client."""
        embed = _embed_with_openai if name == OPENAI else _embed_with_performance_client
        return _time_job(self._stack, name, self.sendable, embed)

    def run(self, way: str) -> float:
        """Return the seconds. Raises `WatchError` for a refused request, a wrong vector, or an unreported cut."""
        results: list[Embeddings] = []

        def embed(stack: ClientStack, texts: Sequence[str]) -> None:
            with stack.connect(NAME, **WAYS[way]) as model:
                results.append(model.embed(texts, on_refusal="skip", timeout=3600))

        seconds = _time_job(self._stack, f"ours{way}", self._texts, embed)
        if set(_statuses(self._stack)) != {200}:
            raise WatchError(f"the router refused: {_statuses(self._stack)}")
        self._check(results[0])
        return seconds

    def _check(self, result: Embeddings) -> None:
        refused = {n for n, text in enumerate(self._texts) if not text or _has_surrogate(text)}
        if refused != {it.index for it in result.refused}:
            raise WatchError("the refused texts are not those that cannot be sent")
        lengths = {
            n: len(Tokenizer.of("bert").tokenize(text))
            for n, text in enumerate(self._texts)
            if n not in refused
        }
        cut = {n: tokens for n, tokens in lengths.items() if tokens > 512}
        if cut != {it.index: it.tokens for it in result.truncated}:
            raise WatchError("not every text that was cut was reported")
        some = [n for n in range(0, len(self._texts), len(self._texts) // 50) if n not in refused]
        with self._stack.connect(NAME) as model:
            alone = [model.embed([self._texts[n]]).vectors[0] for n in some]
        if not np.allclose(result.vectors[some], alone, atol=1e-6):
            raise WatchError("vectors are not in the order of their texts")


def _embed_with_performance_client(stack: ClientStack, texts: Sequence[str]) -> None:
    """Embed as its documentation says, with the limits of the outputs."""
    limit = LIMITS["payload_limit_bytes"] // MOST_BYTES_OF_A_CHARACTER
    preference = RequestProcessingPreference(
        batch_size=LIMITS["max_client_batch_size"],
        max_concurrent_requests=LIMITS["predict_concurrency"],
        max_chars_per_request=limit,
    )
    client = PerformanceClient(stack.models[NAME]["sync_url"], API_KEY)
    answer = client.embed(
        list(texts), model="model", encoding_format="base64", preference=preference
    )
    vectors = [np.frombuffer(a2b_base64(str(it.embedding)), "<f4") for it in answer.data]
    _check_shape(np.array(vectors), texts)


def _embed_with_openai(stack: ClientStack, texts: Sequence[str]) -> None:
    """Embed in a loop over `embeddings.create` that halves what is refused."""
    client = OpenAI(base_url=f"{stack.models[NAME]['sync_url']}/v1", api_key=API_KEY)

    def embed(part: Sequence[str]) -> list[Any]:
        try:
            return [
                it.embedding for it in client.embeddings.create(input=list(part), model="m").data
            ]
        except APIStatusError as error:
            if error.status_code not in (413, 422) or len(part) == 1:
                raise
            half = len(part) // 2
            return [*embed(part[:half]), *embed(part[half:])]

    size = LIMITS["max_client_batch_size"]
    parts = [embed(texts[n : n + size]) for n in range(0, len(texts), size)]
    _check_shape(np.array([it for part in parts for it in part], np.float32), texts)


def _check_shape(vectors: Any, texts: Sequence[str]) -> None:
    if vectors.shape != (len(texts), DIMENSIONS):
        raise WatchError(f"{len(texts)} texts became vectors of shape {vectors.shape}")


def _time_job(stack: ClientStack, who: str, texts: Sequence[str], job: Any) -> float:
    """Return the seconds of one job; print the processor's share and the router's answers."""
    stack.emulator.forget_calls()
    start, used = time.perf_counter(), time.process_time()
    job(stack, texts)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    each = 1000 * used / len(texts)
    print(
        f"    {who}: {seconds:.1f} s, {len(texts) / seconds:.0f} texts/s, {each * 1000:.0f} µs of processor a "
        f"text, answers {_statuses(stack)}",
        flush=True,
    )
    return seconds


def _statuses(stack: ClientStack) -> dict[Any, int]:
    return dict(Counter(status for (_, status), n in stack.count_calls().items() for _ in range(n)))


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= it <= "\udfff" for it in text)
