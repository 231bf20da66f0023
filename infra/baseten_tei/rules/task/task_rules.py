"""Model and task: what the router would load, against what the spec says it is."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.task import label_rules, pooling_rules, prompt_rules, start_rules

_ROUTER = "TEI router/src/lib.rs: get_backend_model_type"
_RAN = "measured on TEI 1.8.3 and 1.9.3"
_SUITABLE = "write a model_id whose architecture ends with ForSequenceClassification, e.g. BAAI/bge-reranker-v2-m3"
_BEI = f"{_SUITABLE}; or serve this one with Baseten's BEI"


def _sequences(subject: Subject) -> TaskReading | None:
    """What the router loads, unless it is a head for tokens, of which another rule speaks."""
    found = subject.loaded_task
    return None if found and _is_for_tokens(found) else found


def _is_for_tokens(found: TaskReading) -> bool:
    name = found.architecture or ""
    return name.endswith("Classification") and not name.endswith("ForSequenceClassification")


def _head(found: TaskReading) -> str:
    """`BertForSequenceClassification with 2 labels as a classifier`."""
    count = len(found.id2label or ())
    return f"{found.architecture} with {count} label{'s' * (count != 1)} as a {found.task}"


def _embedding_has_head(subject: Subject) -> Finding | None:
    found = _sequences(subject)
    if found is None or subject.args.task != "embedding" or found.task == "embedding":
        return None
    return Finding(
        f"task is embedding, but TEI loads {_head(found)}",
        f"write task: {found.task}",
    )


def _classifier_ranks(subject: Subject) -> Finding | None:
    found = _sequences(subject)
    if found is None or subject.args.task != "classifier" or found.task != "reranker":
        return None
    return Finding(
        f"task is classifier, but TEI loads {_head(found)}",
        "write task: reranker",
    )


def _reranker_classifies(subject: Subject) -> Finding | None:
    found = _sequences(subject)
    if found is None or subject.args.task != "reranker" or found.task != "classifier":
        return None
    return Finding(
        f"task is reranker, but TEI loads {_head(found)}, and /rerank answers 424",
        "write task: classifier, and rank by one label's score",
    )


def _headless(subject: Subject) -> ModelFacts | None:
    """The facts of what is asked to classify or rank and has no architecture for it."""
    facts = subject.facts
    found = subject.loaded_task
    if subject.args.task == "embedding" or facts is None or not facts.architectures:
        return None
    return facts if found and found.task == "embedding" else None


def _generates(facts: ModelFacts) -> bool:
    return any(name.endswith("ForCausalLM") for name in facts.architectures or ())


def _no_head(subject: Subject) -> Finding | None:
    facts = _headless(subject)
    if facts is None or _generates(facts):
        return None
    said = ", ".join(facts.architectures or ())
    return Finding(f"task is {subject.args.task}, but TEI loads {said} as an embedding", _BEI)


def _causal(subject: Subject) -> Finding | None:
    facts = _headless(subject)
    if facts is None or not _generates(facts):
        return None
    said = ", ".join(facts.architectures or ())
    why = f"task is {subject.args.task}, but {said} answers with words, and TEI has no such head"
    return Finding(why, _BEI)


def _tokens(subject: Subject) -> Finding | None:
    found = subject.loaded_task
    if found is None or not _is_for_tokens(found):
        return None
    return Finding(
        f"TEI loads {found.architecture} as a classifier of whole texts, and its labels would mean nothing",
        "serve it with Baseten's BEI-Bert, which has /predict_tokens; TEI cannot",
    )


def _reranker_by_name(subject: Subject) -> Finding | None:
    found = subject.loaded_task
    if found is None or (subject.args.task, found.task) != ("embedding", "embedding"):
        return None
    if "rerank" not in subject.args.model_id.lower():
        return None
    return Finding(
        f"{subject.args.model_id} ranks by name, and TEI loads it as an embedding", _SUITABLE
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-TASK-001", "error", "An embedding has no classification head",
         f"{_ROUTER}; TEI #474", _embedding_has_head, True),
    Rule("TEI-TASK-002", "error", "A classifier has more than one label",
         _ROUTER, _classifier_ranks, True),
    Rule("TEI-TASK-003", "error", "A reranker has one label",
         f"{_ROUTER}; {_RAN} (424)", _reranker_classifies, True),
    Rule("TEI-TASK-004", "error", "A reranker or classifier has a Classification architecture",
         "TEI #554", _no_head, True),
    Rule("TEI-TASK-005", "error", "A reranker or classifier is not a ForCausalLM model",
         "TEI #532, #763, PR #695", _causal, True),
    Rule("TEI-TASK-006", "error", "The head classifies whole texts, not tokens",
         _RAN, _tokens, True),
    *label_rules.RULES,
    Rule("TEI-TASK-013", "warning", "What is called a reranker is not served as an embedding",
         "TEI #159, #554", _reranker_by_name, True),
    *pooling_rules.RULES,
    *prompt_rules.RULES,
    *(cause.rule() for cause in start_rules.CAUSES),
)  # fmt: skip
