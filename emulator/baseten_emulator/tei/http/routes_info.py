"""The routes that describe the server: `/info`, `/health`, `/metrics`."""

from typing import Any

from baseten_emulator.tei.model.engine import Engine
from baseten_emulator.tei.outcome import TeiResponse, json_response, text_response
from baseten_emulator.tei.settings import Settings
from baseten_emulator.tei.versions import SERVED_MODEL_NAME, format_version


def info(engine: Engine) -> TeiResponse:
    """Answer `/info`, in the field order of the version."""
    return json_response(200, info_of(engine.settings))


def health(_engine: Engine) -> TeiResponse:
    """Answer `/health`, `/ping`, `/`: 200 and nothing else, once the model is warm."""
    return TeiResponse(200)


def metrics(engine: Engine) -> TeiResponse:
    """Answer `/metrics`: Prometheus text on the main port; empty until something was counted."""
    by_name: dict[str, list[str]] = {}
    for labelled, count in sorted(engine.counters.items()):
        by_name.setdefault(labelled.partition("{")[0], []).append(f"{labelled} {count}\n")
    lines = [f"# TYPE {name} counter\n{''.join(rows)}\n" for name, rows in by_name.items()]
    if pace := engine.pace:
        lines += pace.measures.lines(pace.waiting)
    elif lines:
        lines.append("# TYPE te_queue_size gauge\nte_queue_size 0\n\n")
    return text_response(200, "".join(lines))


def info_of(settings: Settings) -> dict[str, Any]:
    """Return the body of `/info`; `served_model_name` is there from 1.9.0 on (measured)."""
    served = {"served_model_name": settings.served_model_name}
    return {
        "model_id": settings.model_id,
        "model_sha": settings.model_sha,
        "model_dtype": settings.model_dtype,
        **(served if settings.version >= SERVED_MODEL_NAME else {}),
        "model_type": _model_type(settings),
        "max_concurrent_requests": settings.max_concurrent_requests,
        "max_input_length": settings.max_input_length,
        "max_batch_tokens": settings.max_batch_tokens,
        "max_batch_requests": settings.max_batch_requests,
        "max_client_batch_size": settings.max_client_batch_size,
        "auto_truncate": settings.auto_truncate,
        "tokenization_workers": settings.tokenization_workers,
        "version": format_version(settings.version),
        "sha": None,
        "docker_label": None,
    }


def _model_type(settings: Settings) -> dict[str, Any]:
    facts = settings.facts
    if facts.task == "embedding":
        return {"embedding": {"pooling": settings.pooling}}
    return {facts.task: {"id2label": dict(facts.id2label), "label2id": dict(facts.label2id)}}
