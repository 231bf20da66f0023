"""Model and pooling: how an embedding is made of its tokens, and whether TEI can do it for this type."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.model_types import model_type, type_name
from baseten_tei.facts.tei.task_detection import detect, is_bert_like, repository_pooling
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.subject_hardware import find_poolings, may_use_onnx, without_flash
from baseten_tei.spec.args import EmbeddingArgs

_ROUTER = "TEI router/src/lib.rs"
_LAST_TOKEN_TYPES = {"qwen2", "qwen3", "mistral", "llama", "llama_bidirec"}


def spec_pooling(subject: Subject) -> str | None:
    """Return the spec's own pooling; rerankers and classifiers have none."""
    return subject.args.pooling if isinstance(subject.args, EmbeddingArgs) else None


def _embedder(subject: Subject) -> ModelFacts | None:
    """The facts of what is, and is asked to be, an embedding; whether it starts or not."""
    facts = subject.facts
    if facts is None or facts.architectures is None or subject.args.task != "embedding":
        return None
    return facts if detect(facts, spec_pooling(subject)).task == "embedding" else None


def _left_to_repository(subject: Subject) -> ModelFacts | None:
    return _embedder(subject) if spec_pooling(subject) is None else None


def _usual(facts: ModelFacts) -> str:
    """The pooling that a repository most likely means."""
    if facts.pooling is not None and facts.pooling.modes[:1] == ("cls",):
        return "cls"
    return "last-token" if facts.model_type in _LAST_TOKEN_TYPES else "mean"


def _missing(subject: Subject) -> Finding | None:
    facts = _left_to_repository(subject)
    if facts is None or facts.pooling is not None or is_bert_like(facts):
        return None
    return Finding(
        f"{facts.model_id} has no 1_Pooling/config.json, and for model type {facts.model_type} TEI takes no default",
        f"write pooling: {_usual(facts)}, as the model's card says",
    )


def _keys(subject: Subject) -> Finding | None:
    facts = _left_to_repository(subject)
    if facts is None or facts.pooling is None or facts.pooling.has_cls_and_mean_keys:
        return None
    return Finding(
        "1_Pooling/config.json lacks pooling_mode_cls_token or pooling_mode_mean_tokens, and TEI cannot read it",
        f"write pooling: {_usual(facts)}",
    )


def _no_such_pooling(subject: Subject) -> Finding | None:
    facts = _left_to_repository(subject)
    if facts is None or facts.pooling is None or not facts.pooling.has_cls_and_mean_keys:
        return None
    if repository_pooling(facts) is not None:
        return None
    modes = ", ".join(facts.pooling.modes) or "nothing"
    return Finding(
        f"1_Pooling/config.json asks for {modes}, and TEI has cls, mean and last-token",
        "write another model_id; pooling: mean starts, but its vectors are not the model's",
    )


def _several(subject: Subject) -> Finding | None:
    facts = _left_to_repository(subject)
    taken = facts and repository_pooling(facts)
    if facts is None or facts.pooling is None or taken is None or len(facts.pooling.modes) < 2:
        return None
    return Finding(
        f"1_Pooling/config.json joins {', '.join(facts.pooling.modes)}, and TEI takes {taken} alone: other vectors",
        f"write pooling: {taken} if that is meant, or another model_id",
    )


def _not_masked(subject: Subject) -> Finding | None:
    facts = _embedder(subject)
    if (
        facts is None
        or spec_pooling(subject) != "splade"
        or detect(facts, "splade").refusal is None
    ):
        return None
    names = ", ".join(facts.architectures or ()) or "none"
    return Finding(
        f"pooling splade needs a ForMaskedLM architecture, not {names}", "leave pooling out"
    )


def _impossible(subject: Subject) -> Finding | None:
    facts = _embedder(subject)
    kind = model_type(facts)
    found = facts and detect(facts, spec_pooling(subject)).pooling
    if facts is None or kind is None or found is None or found in find_poolings(subject, kind):
        return None
    if found != "splade" and may_use_onnx(subject):
        return None
    if found in kind.poolings:
        why, fix = without_flash(subject)
        said = f"pooling {found} of model type {type_name(facts)} needs flash attention, and {why}"
        return Finding(said, fix)
    return Finding(
        f"TEI has no pooling {found} for model type {type_name(facts)}",
        f"write pooling: {' or '.join(kind.poolings)}",
    )


def _overridden(subject: Subject) -> Finding | None:
    facts, pooling = _embedder(subject), spec_pooling(subject)
    own = facts and repository_pooling(facts)
    if own is None or pooling in (None, own):
        return None
    return Finding(
        f"pooling is {pooling}, but 1_Pooling/config.json says {own}: other vectors than the model's",
        "leave pooling out",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-TASK-014", "error", "Pooling is known: by the repository, the spec, or for BERT types by default",
         f"{_ROUTER}: The `--pooling` arg is not set", _missing, True),
    Rule("TEI-TASK-015", "error", "1_Pooling/config.json has the two keys that TEI reads",
         "measured on TEI 1.8.3 and 1.9.3", _keys, True),
    Rule("TEI-TASK-016", "error", "1_Pooling/config.json asks for a pooling that TEI has",
         f"{_ROUTER}: Pooling config is not supported", _no_such_pooling, True),
    Rule("TEI-TASK-017", "warning", "1_Pooling/config.json asks for one pooling",
         f"{_ROUTER}: PoolConfig", _several, True),
    Rule("TEI-TASK-018", "error", "Splade needs a masked language model",
         f"{_ROUTER}: Splade pooling is not supported", _not_masked, True),
    Rule("TEI-TASK-019", "error", "The model type can do the pooling, on this hardware",
         "TEI backends/candle/src/models, v1.8.3 and v1.9.3", _impossible, True),
    Rule("TEI-TASK-020", "warning", "The spec's pooling is the repository's",
         f"{_ROUTER}: --pooling wins over 1_Pooling", _overridden, True),
)  # fmt: skip
