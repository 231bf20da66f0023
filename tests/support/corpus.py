"""The corpus: failures people reported (`tests/corpus/<family>/`) and specs that work (`tests/corpus/good/`).

A file says only what matters; the rest is a healthy repository of that task, at a commit. A `null` among
the facts takes a field away. Each is a model as a stack's file has it, read as a preview reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.rules.settings import resolve_subject
from baseten_tei.spec.args import ARGS_BY_TASK, ModelArgs
from baseten_tei.spec.in_python import lists_as_tuples
from tests.support.quick_yaml import read_yaml
from tests.support.tei import changes

FOLDER = Path(__file__).parents[1] / "corpus"
GOOD = FOLDER / "good"
COMMIT = changes.COMMIT

_BASE: dict[str, Any] = {
    "commit": COMMIT,
    "source": "made for a test",
    "license": "mit",
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "torch_dtype": "float32",
}
HEALTHY: Mapping[str, dict[str, Any]] = {
    "embedding": _BASE
    | {
        "model_id": "BAAI/bge-base-en-v1.5",
        "architectures": ["BertModel"],
        "model_type": "bert",
        "max_position_embeddings": 512,
        "pad_token_id": 0,
        "max_seq_length": 512,
        "pooling": {"modes": ["cls"]},
        "modules": ["Transformer", "Pooling", "Normalize"],
        "weights": {
            "format": "safetensors",
            "bytes": 437_951_328,
            "parameters": 109_482_240,
            "dtypes": ["F32"],
            "files": ["model.safetensors"],
        },
    },
    "reranker": _BASE
    | {
        "model_id": "BAAI/bge-reranker-base",
        "architectures": ["XLMRobertaForSequenceClassification"],
        "model_type": "xlm-roberta",
        "id2label": {"0": "LABEL_0"},
        "label2id": {"LABEL_0": 0},
        "max_position_embeddings": 514,
        "pad_token_id": 1,
        "weights": {
            "format": "safetensors",
            "bytes": 1_112_201_932,
            "parameters": 278_044_417,
            "dtypes": ["F32"],
            "files": ["model.safetensors"],
        },
    },
    "classifier": _BASE
    | {
        "model_id": "cardiffnlp/twitter-roberta-base-sentiment-latest",
        "architectures": ["RobertaForSequenceClassification"],
        "model_type": "roberta",
        "id2label": {"0": "negative", "1": "neutral", "2": "positive"},
        "label2id": {"negative": 0, "neutral": 1, "positive": 2},
        "max_position_embeddings": 514,
        "pad_token_id": 1,
        "weights": {
            "format": "safetensors",
            "bytes": 498_615_900,
            "parameters": 124_647_939,
            "dtypes": ["F32"],
            "files": ["model.safetensors"],
        },
    },
}


@dataclass(frozen=True)
class Case:
    """One file. `rules` are the ids that must be found: in the good ones, warnings."""

    slug: str
    why: str
    source: str
    subject: Subject
    rules: tuple[str, ...]
    spec: Mapping[str, Any]
    """As a stack's file has it."""
    lock: Lock


def healthy_facts(task: str, **more: Any) -> ModelFacts:
    """A repository that TEI serves, with `more` in place of its fields; `weights` and `pooling` are merged."""
    base = HEALTHY[task]
    for key in ("weights", "pooling"):
        if isinstance(more.get(key), Mapping):
            more[key] = {**(base.get(key) or {}), **more[key]}
    return ModelFacts.model_validate({"revision": COMMIT, **base, **more})


def healthy_spec(task: str, **more: Any) -> ModelArgs:
    """The shortest spec of a task, at a commit. Values a spec would refuse (`tei_version: 1.6`) are kept."""
    raw = {"model_id": HEALTHY[task]["model_id"], "revision": COMMIT, "task": task, **more}
    args: ModelArgs = _keep(ARGS_BY_TASK[task], raw)
    return args


def subject(
    task: str, spec: Mapping[str, Any] | None = None, facts: Mapping[str, Any] | None = None
) -> Subject:
    """A healthy subject of that task, with these fields of its spec and facts instead."""
    args = healthy_spec(task, **(spec or {}))
    same = {"model_id": args.model_id, "revision": args.revision}
    return Subject("example", args, healthy_facts(task, **same, **(facts or {})))


def load(path: Path) -> Case:
    """One file of the corpus."""
    raw = read_yaml(path)
    default = "org/model" if "repository" in raw else HEALTHY[raw["spec"]["task"]]["model_id"]
    spec = {"model_id": default, "revision": COMMIT, **raw["spec"]}
    facts = _facts(spec, raw)
    lock = {(facts.model_id, facts.revision): facts} if facts else {}
    args = parse_in_python(spec)
    rules = raw.get("rules") or raw.get("warnings") or ()
    case = resolve_subject("example", args, lock)
    return Case(path.stem, raw["why"], raw["source"], case, tuple(rules), spec, lock)


def parse_in_python(spec: Mapping[str, Any]) -> ModelArgs:
    """The spec as a program makes it, where no parser refuses a secret."""
    args: ModelArgs = ARGS_BY_TASK[spec["task"]].model_validate(lists_as_tuples(spec))
    return args


def _facts(spec: Mapping[str, Any], raw: Mapping[str, Any]) -> ModelFacts | None:
    """Of a case's repository: as changes of a good one (tests.support.tei.changes), or of a healthy one's facts."""
    if raw.get("locked") is False:
        return None
    if "repository" in raw:
        facts = changes.lock_repository(raw["repository"], spec["model_id"])
    else:
        facts = healthy_facts(spec["task"], model_id=spec["model_id"], **(raw.get("facts") or {}))
    return facts.model_copy(update={"revision": spec["revision"]})


@cache
def cases(folder: Path = FOLDER) -> list[Case]:
    """Every case of a folder, by name; by default the failures of every family."""
    pattern = "*.yaml" if folder == GOOD else "*/*.yaml"
    paths = [path for path in folder.glob(pattern) if folder == GOOD or path.parent != GOOD]
    return [load(path) for path in sorted(paths, key=lambda path: path.name)]


def _keep(model: type[Any], raw: Mapping[str, Any]) -> Any:
    """The model with these values, each validated where it can be and kept as it is where it cannot."""
    values = {key: _tuple_or_model(model, key, value) for key, value in raw.items()}
    try:
        return model.model_validate(values)
    except ValueError:
        return model.model_construct(**values)


def _tuple_or_model(model: type[BaseModel], key: str, value: Any) -> Any:
    """YAML's lists and mappings as the tuples and models that frozen specs hold."""
    if isinstance(value, list):
        return tuple(value)
    kind = model.model_fields[key].annotation if key in model.model_fields else None
    if isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(value, Mapping):
        return kind(**value)
    return value
