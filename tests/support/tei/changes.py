"""A good repository with changes: as the engine sees it, and as the Hub gives it to a lock."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from math import prod
from typing import Any

from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.hub.repository import Repository
from baseten_tei.facts.tei.loading.serde.json_text import write_json
from tests.support.tei.models import GOOD_MODELS

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = ("config.json", "tokenizer.json", "model.safetensors")
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Changed:
    """JSON files by name, the names of all, and each tensor's shape."""

    files: Mapping[str, Any]
    names: frozenset[str]
    tensors: Mapping[str, tuple[int, ...]]


def change_repository(case: Mapping[str, Any]) -> Changed:
    """Return the good repository of a case with its changes: `set`, `drop`, `files`, `remove`, `names`, `tensors`, …"""
    files = deepcopy(GOOD_MODELS[case["model"]].files()) | case.get("files", {})
    for name, fields in case.get("set", {}).items():
        files[name] |= fields
    for name, fields in case.get("drop", {}).items():
        files[name] = {key: value for key, value in files[name].items() if key not in fields}
    files = {name: value for name, value in files.items() if name not in case.get("remove", ())}
    dense = {f"{name.partition('/')[0]}/{WEIGHTS}" for name in files if "_Dense/" in name}
    names = frozenset(case.get("names", FILES)) | dense | frozenset(files)
    return Changed(files, names, _tensors(case))


def _tensors(case: Mapping[str, Any]) -> dict[str, Any]:
    """Its weights, with other names or more of them."""
    prefix = case.get("prefix_tensors", "")
    found = {prefix + name: shape for name, shape in GOOD_MODELS[case["model"]].tensors().items()}
    for old, new in case.get("rename_tensors", {}).items():
        found = {name.replace(old, new): shape for name, shape in found.items()}
    return {**found, **case.get("tensors", {})}


def lock_repository(case: Mapping[str, Any], model_id: str = "org/model") -> ModelFacts:
    """Return the facts that a lock keeps of the repository of a case."""
    changed = change_repository(case)
    shapes = {name: tuple(shape) for name, shape in changed.tensors.items()}
    return read_facts(
        Repository(
            model_id=model_id,
            revision=COMMIT,
            commit=COMMIT,
            source="made for a test",
            gated=False,
            license="mit",
            sizes=dict.fromkeys(changed.names, 1_000_000),
            texts={name: write_json(value) for name, value in changed.files.items()},
            parameters={WEIGHTS: {"F32": sum(map(prod, shapes.values()))}},
            shapes={WEIGHTS: shapes},
        )
    )
