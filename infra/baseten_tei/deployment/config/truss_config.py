"""From a spec to Truss's `config.yaml`, as data. Keys and rules are Truss's (0.18.35, `base/truss_config.py`)."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.sizes.permits import derive_permits
from baseten_tei.deployment.start_command import (
    PORT,
    build_start_command,
    container_environment,
    weights_path,
)
from baseten_tei.facts.tei.router_calls import Call, build_call
from baseten_tei.facts.tei.routes import ROUTES
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.hf_token import SECRET_NAME
from baseten_tei.spec.names import baseten_name

TrussConfig = dict[str, Any]

_EXAMPLES: Mapping[str, Call] = {
    "embedding": build_call("embedding", ["What is Deep Learning?", "Baseten serves models."]),
    "reranker": build_call(
        "reranker",
        ["Deep Learning is a kind of machine learning.", "Baseten serves models."],
        "What is Deep Learning?",
    ),
    "classifier": build_call("classifier", ["I like you.", "I am furious!"]),
}

_NOT_BARE_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_BUILD_TOKEN = f"/run/secrets/{SECRET_NAME}"


def build_config(name: str, args: ModelArgs) -> TrussConfig:
    """Return the whole config of a spec that has no problems, ready to be pushed."""
    _, image = resolve_hardware(args)
    return {
        "model_name": baseten_name(name, args),
        "model_metadata": _metadata(args),
        "base_image": {"image": image.reference},
        "docker_server": _docker_server(args, no_build=image.no_build),
        "resources": _resources(args),
        "runtime": {"predict_concurrency": derive_permits(args).predict_concurrency},
        **_weights(args),
        **_token(args),
        **_environment(args),
    }


def render_canonical(config: TrussConfig) -> str:
    """Return the config as one JSON text that never varies: what the push gets and previews compare."""
    return json_for_yaml(config, sort_keys=True, indent=1)


def json_for_yaml(value: Any, **options: Any) -> str:
    """Return JSON that YAML reads as the same data: what JSON may leave bare and YAML may not is escaped."""
    text = json.dumps(value, ensure_ascii=False, **options)
    return _NOT_BARE_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def compute_digest(config: TrussConfig, labels: Mapping[str, str]) -> str:
    """Return 16 hex digits that name a version: the config, and the labels the push stamps on it."""
    content = json.dumps([config, dict(labels)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _metadata(args: ModelArgs) -> TrussConfig:
    tags = ["text-embeddings-inference", args.task]
    if args.task == "embedding":
        tags.append("openai-compatible")
    return {
        "repo_id": args.model_id,
        "tags": tags,
        "example_model_input": _EXAMPLES[args.task].body,
    }


def _docker_server(args: ModelArgs, *, no_build: bool) -> TrussConfig:
    return {
        **({"no_build": True} if no_build else {}),
        "start_command": build_start_command(args),
        "server_port": PORT,
        "predict_endpoint": ROUTES[args.task].path,
        "readiness_endpoint": "/health",
        "liveness_endpoint": "/health",
    }


def _resources(args: ModelArgs) -> TrussConfig:
    instance, _ = resolve_hardware(args)
    if args.instance_type is not None:
        return {"instance_type": args.instance_type}
    if instance.gpu_count == 0:
        return {"cpu": args.cpu or "4", "memory": args.memory or "16Gi"}
    asked = {"cpu": args.cpu, "memory": args.memory}
    return {
        "accelerator": instance.accelerator,
        **{key: value for key, value in asked.items() if value is not None},
    }


def _weights(args: ModelArgs) -> TrussConfig:
    match args.weights:
        case "cached":
            return {"weights": [_cache_source(args)]}
        case "baked":
            return {"build_commands": [_clone(args)], **_build_token(args)}
        case _:
            return {}


def _cache_source(args: ModelArgs) -> TrussConfig:
    auth = {"auth_method": "CUSTOM_SECRET", "auth_secret_name": SECRET_NAME}
    return {
        "source": f"hf://{args.model_id}@{args.revision}",
        "mount_location": weights_path(args.model_id),
        **({"auth": auth} if args.gated else {}),
        "ignore_patterns": ["*.pt", "*.ckpt", "*.h5", "*.msgpack", *_onnx_patterns(args)],
    }


def _onnx_patterns(args: ModelArgs) -> list[str]:
    """GPU images never read ONNX files; CPU images are several times faster with them."""
    instance, _ = resolve_hardware(args)
    return ["*.onnx", "*.onnx_data"] if instance.gpu_count else []


def _clone(args: ModelArgs) -> str:
    """A build step. The token is read in the build's shell and stays out of the image's git config."""
    path = weights_path(args.model_id)
    header = f' -c http.extraHeader="Authorization: Bearer $(cat {_BUILD_TOKEN})"'
    git = f"git{header if args.gated else ''}"
    return (
        f"git lfs install && {git} clone https://huggingface.co/{args.model_id} {path}"
        f" && {git} -C {path} checkout {args.revision} && rm -rf {path}/.git"
    )


def _build_token(args: ModelArgs) -> TrussConfig:
    if not args.gated:
        return {}
    return {"build": {"secret_to_path_mapping": {SECRET_NAME: _BUILD_TOKEN}}}


def _token(args: ModelArgs) -> TrussConfig:
    return {"secrets": {SECRET_NAME: None}} if args.gated else {}


def _environment(args: ModelArgs) -> TrussConfig:
    variables = container_environment(args)
    return {"environment_variables": variables} if variables else {}
