"""The task, the pooling and the labels that the router makes of config.json.

Source: `run` and `get_backend_model_type` in router/src/lib.rs:53 and :388, the same from 1.8.3 to 1.9.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from baseten_tei.facts.tei.loading.refusals import refuse
from baseten_tei.facts.tei.loading.repository_files import NO_SUCH_FILE, POOLING, RepositoryFiles

Task = Literal["embedding", "reranker", "classifier"]

_MODES = {
    "pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "pooling_mode_lasttoken": "last-token",
}  # fmt: skip
"""Keys of 1_Pooling/config.json in the order in which TEI looks → its name of each."""
_NOT_SET = (
    "The `--pooling` arg is not set and we could not find a pooling configuration "
    f"(`{POOLING}`) for this model"
)
IS_CLS = f"{_NOT_SET} but the model is a BERT variant. Defaulting to `CLS` pooling."
IGNORED = "`--pooling` arg is set but model is a classifier. Ignoring `--pooling` arg."
_LEFT_OVER = "NewForTokenClassification"
PASSED_OVER = (
    "Provided `--model-id` is likely an AlibabaNLP GTE model, but the `config.json` contains the architecture "
    "`NewForTokenClassification` but it doesn't contain the `id2label` and `label2id` mapping, so "
    "`NewForTokenClassification` architecture will be ignored."
)
_NO_MASK = "Splade pooling is not supported: model is not a ForMaskedLM model"


@dataclass(frozen=True)
class TaskReading:
    """What the router loads. `pooling` is `None` with a head; the maps are empty without one."""

    task: Task
    pooling: str | None = None
    id2label: Mapping[str, str] | None = None
    label2id: Mapping[str, int] | None = None
    architecture: str | None = None
    warnings: tuple[str, ...] = ()


def read_task(
    repository: RepositoryFiles, config: Mapping[str, Any], flag: str | None, release: str
) -> TaskReading:  # fmt: skip
    """Return what the router loads, by the parsed config.json and `--pooling`. Raises RefusedError."""
    warnings = (PASSED_OVER,) if _is_passed_over(config) else ()
    for name in config["architectures"]:
        if name == _LEFT_OVER and warnings:
            continue
        if flag == "splade" and name.endswith("MaskedLM"):
            return TaskReading("embedding", "splade", architecture=name, warnings=warnings)
        if name.endswith("Classification"):
            return _head(config, name, flag)
    if flag == "splade":
        raise refuse("pooling", _NO_MASK, about="splade")
    found = TaskReading("embedding", flag) if flag else _own_pooling(repository, config, release)
    return replace(found, warnings=(*warnings, *found.warnings))


def _is_passed_over(config: Mapping[str, Any]) -> bool:
    """An architecture without labels is left over in configs of Alibaba's GTE models."""
    has_labels = config["id2label"] is not None and config["label2id"] is not None
    return _LEFT_OVER in config["architectures"] and not has_labels


def _head(config: Mapping[str, Any], architecture: str, flag: str | None) -> TaskReading:
    for name in ("id2label", "label2id"):
        if config[name] is None:
            raise refuse("labels", f"`config.json` does not contain `{name}`", about=name)
    labels = config["id2label"]
    return TaskReading(
        task="classifier" if len(labels) > 1 else "reranker",
        id2label=labels,
        label2id=config["label2id"],
        architecture=architecture,
        warnings=(IGNORED,) if flag else (),
    )


def _own_pooling(
    repository: RepositoryFiles, config: Mapping[str, Any], release: str
) -> TaskReading:  # fmt: skip
    modes = repository.read(POOLING, "PoolConfig", release, "pooling")
    if modes is not None:
        return TaskReading("embedding", _mode(modes))
    if "bert" in config["model_type"].lower():
        return TaskReading("embedding", "cls", warnings=(IS_CLS,))
    raise refuse("pooling", NO_SUCH_FILE, f"{_NOT_SET}.", about="file")


def _mode(modes: Mapping[str, bool]) -> str:
    for key, name in _MODES.items():
        if modes[key]:
            return name
    shown = ", ".join(f"{key}: {str(value).lower()}" for key, value in modes.items())
    raise refuse(
        "pooling", f"Pooling config PoolConfig {{ {shown} }} is not supported", about="modes"
    )
