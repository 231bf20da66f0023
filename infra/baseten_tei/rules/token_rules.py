"""Tokens and batches: how long a text may be, how many are in flight, and which numbers have to agree."""

from collections.abc import Iterator

from baseten_tei.deployment.gpu_choice import LEAST_BATCH_TOKENS, USUAL_BATCH_TOKENS, fits, is_tight
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.sizes.derived_counts import BYTES_PER_TOKEN, payload_limit
from baseten_tei.deployment.sizes.permits import find_starved_batch, find_taken_permits
from baseten_tei.deployment.sizes.vram import count_parameters, input_length
from baseten_tei.facts.tei.gpus import CPU
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.rules.gpu.subject_hardware import accelerator_of, on_cpu
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.value.environment_rules import each_environment
from baseten_tei.spec.args import Autoscaling
from baseten_tei.spec.schedules import Schedule

_SEED = "README of Baseten's own TEI example"
_CHANNEL = "TEI core/src/queue.rs:49 (1.8.3)"
_WIDE = 1024
"""Hidden size of BERT-large, with which that README found an L4 full at 16000 tokens."""
_LEAST_REQUESTS = 8
_MOST_TOKENS = 2**31
"""Above it a table of no positions was counted down from."""
_MOST_TEXTS = 128
"""Texts per request in Baseten's generated examples."""


def _length(subject: Subject) -> int | None:
    """Tokens of the longest text, by the router before its flags, else by the files; `None` where that is not known."""
    reading = subject.reading
    if isinstance(reading, Loaded) and reading.length.base <= _MOST_TOKENS:
        return reading.length.base
    if isinstance(reading, Refusal) and reading.length is not None:
        return reading.length
    return input_length(subject.facts) if subject.facts else None


def _below_longest_text(subject: Subject) -> bool:
    return subject.args.max_batch_tokens < (_length(subject) or 0)


def _refuses_to_start(subject: Subject) -> Finding | None:
    args, length = subject.args, _length(subject)
    if args.auto_truncate or not _below_longest_text(subject):
        return None
    return Finding(
        f"max_batch_tokens {args.max_batch_tokens} is below the model's {length} tokens and auto_truncate is "
        f"false: TEI {args.tei_version} exits at start",
        f"write max_batch_tokens: {length}, or auto_truncate: true",
    )


def _shortens(subject: Subject) -> Finding | None:
    args, length = subject.args, _length(subject)
    if not args.auto_truncate or not _below_longest_text(subject):
        return None
    return Finding(
        f"max_batch_tokens {args.max_batch_tokens} is below the model's {length} tokens: TEI {args.tei_version} "
        f"makes max_input_length {args.max_batch_tokens} of it and cuts longer texts without a word",
        _longer_batch(subject),
    )


def _longer_batch(subject: Subject) -> str:
    """What to type, unless the GPU could not hold it either."""
    gpu, length = accelerator_of(subject), _length(subject) or 0
    if subject.facts and gpu and gpu != CPU and not fits(subject.args, subject.facts, gpu, length):
        return f"write another accelerator and max_batch_tokens: {length}, or silence this with the length you need"
    return f"write max_batch_tokens: {length}"


def _below_one_batch(subject: Subject) -> Finding | None:
    found = find_starved_batch(subject.args)
    return Finding(*found) if found else None


def _all_taken(subject: Subject) -> Finding | None:
    found = find_taken_permits(subject.args)
    return Finding(*found) if found else None


def _below_all_requests(subject: Subject) -> Finding | None:
    got = subject.permits
    if not subject.tei_at_least("1.9.0") or find_starved_batch(subject.args):
        return None  # waits, or is an error of its own
    if got.texts_at_most <= got.max_concurrent_requests:
        return None
    return Finding(
        f"{got.predict_concurrency} requests of {got.max_client_batch_size} texts are {got.texts_at_most} texts, and "
        f"TEI {subject.args.tei_version} answers 429 above max_concurrent_requests {got.max_concurrent_requests}",
        f"write max_concurrent_requests: {got.texts_at_most}",
    )


def _unreachable_target(subject: Subject) -> Iterator[Finding]:
    let_in = subject.permits.predict_concurrency
    for place, target in _targets(subject):
        if target > let_in:
            yield Finding(
                f"{place}.concurrency_target {target} is above predict_concurrency {let_in}, "
                "so a replica could never reach it",
                f"write concurrency_target: {let_in} or less",
            )


def _targets(subject: Subject) -> Iterator[tuple[str, int]]:
    """Requests that each environment, and each of its schedules, aims at, by where that is written."""
    for place, it in each_environment(subject.args):
        each: dict[str, Autoscaling | Schedule] = {
            "": it.autoscaling,
            **(it.autoscaling.schedules or {}),
        }
        for name, schedule in each.items():
            where = f".schedules.{name}" if name else ""
            yield f"{place}autoscaling{where}", schedule.concurrency_target or 0


def _payload(subject: Subject) -> Finding | None:
    args, limit, length = subject.args, payload_limit(subject.args), _length(subject)
    text = min(length or 0, args.max_batch_tokens) * BYTES_PER_TOKEN
    size = args.max_client_batch_size * text
    if size <= limit:
        return None
    return Finding(
        f"{args.max_client_batch_size} texts of {text // BYTES_PER_TOKEN} tokens are about {size} bytes, and TEI "
        f"answers 413 above {limit}",
        f"write max_client_batch_size: {max(1, limit // text)}, or extra_flags: [--payload-limit={size}]",
    )


def _large_client_batch(subject: Subject) -> Finding | None:
    batch = subject.args.max_client_batch_size
    if batch <= _MOST_TEXTS:
        return None
    return Finding(
        f"max_client_batch_size {batch}: autoscaling counts requests, and one of {batch} texts counts as one of 1",
        "write max_client_batch_size: 32, and let clients send several requests",
    )


def _flat_gain(subject: Subject) -> Finding | None:
    tokens, facts = subject.args.max_batch_tokens, subject.facts
    wanted = max(USUAL_BATCH_TOKENS, _length(subject) or 0)
    if accelerator_of(subject) != "L4" or facts is None or tokens <= wanted:
        return None
    if (facts.hidden_size or 0) < _WIDE:
        return None
    return Finding(
        f"max_batch_tokens {tokens} on an L4: with a hidden size of {facts.hidden_size} there is little gain above "
        "16000, and each text waits longer",
        f"write max_batch_tokens: {wanted}",
    )


def _large_model(subject: Subject) -> Finding | None:
    tokens, facts, gpu = subject.args.max_batch_tokens, subject.facts, accelerator_of(subject)
    if facts is None or gpu is None or tokens <= LEAST_BATCH_TOKENS or not is_tight(facts, gpu):
        return None
    if not subject.args.auto_truncate and (_length(subject) or 0) > LEAST_BATCH_TOKENS:
        return None  # no way out, which the memory rules then say
    return Finding(
        f"max_batch_tokens {tokens} for {(count_parameters(facts) or 0) / 1e9:.1f} billion parameters leaves a {gpu} "
        "little memory",
        f"write max_batch_tokens: {LEAST_BATCH_TOKENS}",
    )


def _too_few_requests(subject: Subject) -> Finding | None:
    requests = subject.permits.predict_concurrency
    if on_cpu(subject) or requests >= _LEAST_REQUESTS:
        return None
    return Finding(
        f"predict_concurrency {requests} is all that a replica ever sees at once, and TEI batches across requests",
        "write predict_concurrency: 32, or leave it and max_concurrent_requests out",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-TOK-001", "error", "Without truncation, a batch holds the longest text",
         "measured on TEI 1.8.3 and 1.9.3; TEI #723, #725", _refuses_to_start, True),
    Rule("TEI-TOK-002", "warning", "A batch below the longest text shortens what the model takes",
         "TEI router/src/lib.rs: max_input_length, 1.8.3 to 1.9.3", _shortens, True),
    Rule("TEI-TOK-003", "error", "Permits hold one full batch of a client, before 1.9.0 two",
         f"{_CHANNEL}; measured on TEI 1.8.3 and 1.9.3; TEI #726", _below_one_batch),
    Rule("TEI-TOK-004", "warning", "From 1.9.0, permits hold all that Baseten lets in",
         "measured on TEI 1.9.3; TEI #662, #726", _below_all_requests),
    Rule("TEI-TOK-005", "error", "Autoscaling aims at no more requests than a replica takes",
         "Baseten docs: autoscaling", _unreachable_target, is_firm=True),
    Rule("TEI-TOK-006", "warning", "A full batch of the longest texts fits in one body",
         "TEI router/src/main.rs: --payload-limit; TEI #50, #378", _payload, True),
    Rule("TEI-TOK-007", "warning", "A client's batch is small enough for autoscaling to spread",
         _SEED, _large_client_batch),
    Rule("TEI-TOK-008", "warning", "On an L4, BERT-large gains little above 16000 tokens in a batch",
         _SEED, _flat_gain, True),
    Rule("TEI-TOK-009", "warning", "7B models on 24 GB or less take 8192 tokens in a batch",
         _SEED, _large_model, True),
    Rule("TEI-TOK-010", "warning", "A replica takes enough requests to fill a batch",
         f"{_SEED} (1*40*512); Baseten docs: autoscaling", _too_few_requests),
    Rule("TEI-TOK-011", "error", "Before 1.9.0, no more than half of fewer than 96 permits can be taken",
         f"{_CHANNEL}; measured on TEI 1.8.3", _all_taken),
)  # fmt: skip
