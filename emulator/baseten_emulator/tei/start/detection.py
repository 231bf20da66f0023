"""What the router takes a model for: embedder with a pooling, reranker or classifier.

Source: `get_backend_model_type` and `run` in `router/src/lib.rs`, the same from 1.6.1 to 1.9.3 (1.6.0 does not know
the exception for `NewForTokenClassification`). Names, tags and `pipeline_tag` count for nothing;
`*ForTokenClassification` counts as a classifier (measured).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.tei.facts import Task
from baseten_emulator.tei.outcome import startup_error
from baseten_emulator.tei.start.repository import NO_SUCH_FILE, Repository
from baseten_emulator.tei.start.structs import decoder_of
from baseten_emulator.tei.versions import GTE_EXCEPTION, LATEST, Version

POOLING_FILE = "1_Pooling/config.json"
_NO_POOLING = (
    f"The `--pooling` arg is not set and we could not find a pooling configuration"
    f" (`{POOLING_FILE}`) for this model"
)
_NO_NER = "as a classifier of whole texts, without a message: its labels are meaningless"
MODES = {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens",
          "last_token": "pooling_mode_lasttoken"}  # fmt: skip
_POOL_CONFIG = decoder_of("PoolConfig", LATEST)


@dataclass(frozen=True)
class Detected:
    """The router's verdict. `pooling` is "" on classifiers and rerankers."""

    task: Task
    pooling: str = ""
    id2label: Mapping[str, str] | None = None
    label2id: Mapping[str, int] | None = None


def detect(
    repository: Repository,
    config: Mapping[str, Any],
    flag: str | None,
    version: Version,
    log: list[str],
) -> Detected:
    """Return what TEI takes a model for by `config` and `--pooling` (`flag`, as in `/info`). Raises BootError."""
    for architecture in config["architectures"]:
        if _is_passed_over(architecture, config, version):
            log.append(
                "WARN Provided `--model-id` is likely an AlibabaNLP GTE model, but the `config.json`"
                " contains the architecture `NewForTokenClassification` but it doesn't contain the"
                " `id2label` and `label2id` mapping, so `NewForTokenClassification` architecture"
                " will be ignored."
            )
        elif flag == "splade" and architecture.endswith("MaskedLM"):
            return Detected("embedding", "splade")
        elif architecture.endswith("Classification"):
            if architecture.endswith("TokenClassification"):
                log.append(f"emulator: WARN TEI serves {architecture} {_NO_NER}")
            return _detect_head(config, flag, log)
    if flag == "splade":
        raise startup_error("Splade pooling is not supported: model is not a ForMaskedLM model")
    return Detected("embedding", flag or _pooling(repository, config["model_type"], log))


def _is_passed_over(architecture: str, config: Mapping[str, Any], version: Version) -> bool:
    lacks_labels = config["id2label"] is None or config["label2id"] is None
    is_gte = architecture == "NewForTokenClassification"
    return is_gte and lacks_labels and version >= GTE_EXCEPTION


def _detect_head(config: Mapping[str, Any], flag: str | None, log: list[str]) -> Detected:
    """Return a classifier for more than one label, a reranker for one or none."""
    if flag:
        log.append(
            "WARN `--pooling` arg is set but model is a classifier. Ignoring `--pooling` arg."
        )
    for name in ("id2label", "label2id"):
        if config[name] is None:
            raise startup_error(f"`config.json` does not contain `{name}`")
    task: Task = "classifier" if len(config["id2label"]) > 1 else "reranker"
    return Detected(task, "", config["id2label"], config["label2id"])


def _pooling(repository: Repository, model_type: str, log: list[str]) -> str:
    modes = repository.read(POOLING_FILE, _POOL_CONFIG)
    if modes is not None:
        return _mode(modes)
    if "bert" not in model_type.lower():
        raise startup_error(f"{_NO_POOLING}.", NO_SUCH_FILE)
    log.append(f"WARN {_NO_POOLING} but the model is a BERT variant. Defaulting to `CLS` pooling.")
    return "cls"


def _mode(modes: Mapping[str, bool]) -> str:
    for pooling, key in MODES.items():
        if modes[key]:
            return pooling
    shown = ", ".join(f"{key}: {str(value).lower()}" for key, value in modes.items())
    raise startup_error(f"Pooling config PoolConfig {{ {shown} }} is not supported")
