"""Pooling: what the router takes, against what the repository asks for."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.router_reading import read_repository, task_of
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.spec.args import EmbeddingArgs

_ROUTER = "TEI router/src/lib.rs"


def _spec_pooling(subject: Subject) -> str | None:
    """The spec's own pooling; rerankers and classifiers have none."""
    return subject.args.pooling if isinstance(subject.args, EmbeddingArgs) else None


def _several(subject: Subject) -> Finding | None:
    reading = subject.reading
    if not isinstance(reading, Loaded) or _spec_pooling(subject) is not None:
        return None
    others = ", ".join(it.what for it in reading.skipped if it.kind == "modes")
    if not others or subject.args.task != "embedding":
        return None
    taken = reading.task.pooling
    return Finding(
        f"1_Pooling/config.json joins {taken} with {others}, and TEI takes {taken} alone: other vectors",
        f"write pooling: {taken} if that is meant, or another model_id",
    )


def _overridden(subject: Subject) -> Finding | None:
    pooling = _spec_pooling(subject)
    if (
        pooling in (None, "splade")
        or subject.facts is None
        or not isinstance(subject.reading, Loaded)
    ):
        return None
    without = subject.args.model_copy(update={"pooling": None})
    own = task_of(read_repository(without, subject.facts))
    is_said = subject.facts.pooling is not None and own is not None
    if own is None or not is_said or own.pooling in (None, pooling):
        return None
    return Finding(
        f"pooling is {pooling}, but 1_Pooling/config.json says {own.pooling}: other vectors than the model's",
        "leave pooling out",
    )


def _sparse(subject: Subject) -> Finding | None:
    if _spec_pooling(subject) != "splade" or isinstance(subject.reading, Refusal):
        return None  # what does not start has a finding of its own
    return Finding(
        "pooling splade answers on TEI's /embed_sparse alone (/v1/embeddings: 424), which the release gate, the "
        "outputs and the client do not have",
        "leave pooling out, or write a model_id of dense vectors",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-TASK-017", "warning", "1_Pooling/config.json asks for one pooling",
         f"{_ROUTER}: PoolConfig", _several, True),
    Rule("TEI-TASK-020", "warning", "The spec's pooling is the repository's",
         f"{_ROUTER}: --pooling wins over 1_Pooling", _overridden, True),
    Rule("TEI-TASK-021", "error", "An embedding is one dense vector, not SPLADE's weights of words",
         "measured on TEI 1.8.3 and 1.9.3 (424)", _sparse),
)  # fmt: skip
