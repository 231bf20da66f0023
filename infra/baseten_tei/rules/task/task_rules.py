"""Model and task: what the router would load, against what the spec says it is."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.task_detection import Detected, detect
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.task import label_rules, pooling_rules
from baseten_tei.rules.task.label_rules import detect_subject

_ROUTER = "TEI router/src/lib.rs: get_backend_model_type"
_RAN = "measured on TEI 1.8.3 and 1.9.3"
_SUITABLE = "write a model_id whose architecture ends with ForSequenceClassification, e.g. BAAI/bge-reranker-v2-m3"
_BEI = f"{_SUITABLE}; or serve this one with Baseten's BEI"


def _sequences(subject: Subject) -> Detected | None:
    """What the router loads, unless it is a head for tokens, of which another rule speaks."""
    found = detect_subject(subject)
    return None if found and _is_for_tokens(found) else found


def _is_for_tokens(found: Detected) -> bool:
    name = found.architecture or ""
    return name.endswith("Classification") and not name.endswith("ForSequenceClassification")


def _head(subject: Subject, found: Detected) -> str:
    """`BertForSequenceClassification with 2 labels as a classifier`."""
    count = len((subject.facts and subject.facts.id2label) or ())
    return f"{found.architecture} with {count} label{'s' * (count != 1)} as a {found.task}"


def _embedding_has_head(subject: Subject) -> Finding | None:
    found = _sequences(subject)
    if found is None or subject.args.task != "embedding" or found.task == "embedding":
        return None
    return Finding(
        f"task is embedding, but TEI loads {_head(subject, found)}",
        f"write task: {found.task}",
    )


def _classifier_ranks(subject: Subject) -> Finding | None:
    found = _sequences(subject)
    if found is None or subject.args.task != "classifier" or found.task != "reranker":
        return None
    return Finding(
        f"task is classifier, but TEI loads {_head(subject, found)}",
        "write task: reranker",
    )


def _reranker_classifies(subject: Subject) -> Finding | None:
    found = _sequences(subject)
    if found is None or subject.args.task != "reranker" or found.task != "classifier":
        return None
    return Finding(
        f"task is reranker, but TEI loads {_head(subject, found)}, and /rerank answers 424",
        "write task: classifier, and rank by one label's score",
    )


def _headless(subject: Subject) -> ModelFacts | None:
    """The facts of what is asked to classify or rank and has no architecture for it."""
    facts = subject.facts
    wanted = subject.args.task != "embedding" and facts is not None and facts.architectures
    return facts if wanted and facts and detect(facts).task == "embedding" else None


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
    found = detect_subject(subject)
    if found is None or not _is_for_tokens(found):
        return None
    return Finding(
        f"TEI loads {found.architecture} as a classifier of whole texts, and its labels would mean nothing",
        "serve it with Baseten's BEI-Bert, which has /predict_tokens; TEI cannot",
    )


def _no_architectures(subject: Subject) -> Finding | None:
    if subject.facts is None or subject.facts.architectures is not None:
        return None
    return Finding(
        f"config.json of {subject.facts.model_id} has no architectures, and TEI does not start without them",
        "write a model_id whose config.json has architectures, e.g. a fork with them added",
    )


def _no_tokenizer(subject: Subject) -> Finding | None:
    if subject.facts is None or subject.facts.has_tokenizer_json:
        return None
    return Finding(
        f"{subject.facts.model_id} has no tokenizer.json, and TEI only supports fast tokenizers",
        "write a model_id that has one, e.g. a fork with what AutoTokenizer(…, use_fast=True).save_pretrained wrote",
    )


def _reranker_by_name(subject: Subject) -> Finding | None:
    found = detect_subject(subject)
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
    Rule("TEI-TASK-011", "error", "config.json has architectures", _RAN, _no_architectures, True),
    Rule("TEI-TASK-012", "error", "There is a tokenizer.json",
         f"{_RAN}; TEI #122", _no_tokenizer, True),
    Rule("TEI-TASK-013", "warning", "What is called a reranker is not served as an embedding",
         "TEI #159, #554", _reranker_by_name, True),
    *pooling_rules.RULES,
)  # fmt: skip
