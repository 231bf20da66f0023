"""The command that starts the router in its container, and the environment it reads."""

import shlex

from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.sizes.permits import derive_permits
from baseten_tei.facts.tei import flags
from baseten_tei.facts.tei.releases import at_least
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs
from baseten_tei.spec.hf_token import SECRET_NAME

PORT = 7997
"""The port of Baseten's own TEI examples; never 8080, which Baseten's proxy listens on."""

DOWNLOADS = "/tmp/huggingface"  # noqa: S108  # a path in the container, where no one else lives
"""The image's own cache, /data, belongs to root; Baseten may run the container as another user."""

MAX_TOKENIZATION_WORKERS = 8
"""Each worker holds a copy of the tokenizer (TEI #280: 11 GB of RAM with one per core)."""


def weights_path(model_id: str) -> str:
    """Return where weights are found in the container; with the model's name in it, `/info` tells the model."""
    return f"/models/{model_id}"


def build_start_command(args: ModelArgs) -> str:
    """Return `docker_server.start_command`. A token is read from its file by a shell, and never is an argument."""
    instance, image = resolve_hardware(args)
    router = shlex.join([image.entrypoint, *router_flags(args, instance.vcpus)])
    if not (args.gated and args.weights == "download"):
        return router
    script = f'HF_TOKEN="$(cat /secrets/{SECRET_NAME})" exec {router}'
    return f"sh -c {shlex.quote(script)}"


def router_flags(args: ModelArgs, vcpus: int) -> list[str]:
    """Return the router's arguments, in the form that this TEI release takes."""
    return [
        f"--port={PORT}",
        *_weights(args),
        *_batching(args),
        *flags.auto_truncate_flags(args.auto_truncate, args.tei_version),
        f"--tokenization-workers={args.tokenization_workers or default_workers(vcpus)}",
        *_optional("dtype", args.dtype),
        *_model_name_flag(args),
        *_embedding_only(args),
        *(_normal(flag) for flag in args.extra_flags),
    ]


def container_environment(args: ModelArgs) -> dict[str, str]:
    """Return `environment_variables`: the spec's, and what a release takes no flag for."""
    return {**args.env, **flags.auto_truncate_environment(args.auto_truncate, args.tei_version)}


def _weights(args: ModelArgs) -> list[str]:
    if args.weights == "download":
        return [
            f"--model-id={args.model_id}",
            f"--revision={args.revision}",
            f"--huggingface-hub-cache={DOWNLOADS}",
        ]
    return [f"--model-id={weights_path(args.model_id)}"]


def _batching(args: ModelArgs) -> list[str]:
    return [
        f"--max-client-batch-size={args.max_client_batch_size}",
        f"--max-concurrent-requests={derive_permits(args).max_concurrent_requests}",
        f"--max-batch-tokens={args.max_batch_tokens}",
    ]


def _model_name_flag(args: ModelArgs) -> list[str]:
    """Without it `/v1/embeddings` would answer with the path of the weights; 1.8.3 does not take it."""
    if not at_least(args.tei_version, "1.9.0"):
        return []
    return [f"--served-model-name={args.served_model_name or args.model_id}"]


def _embedding_only(args: ModelArgs) -> list[str]:
    if not isinstance(args, EmbeddingArgs):
        return []
    return [
        *_optional("pooling", args.pooling),
        *_optional("default-prompt", args.default_prompt),
        *_optional("default-prompt-name", args.default_prompt_name),
    ]


def _optional(flag: str, value: str | None) -> list[str]:
    return [] if value is None else [f"--{flag}={value}"]


def _normal(flag: str) -> str:
    [(name, value)] = flags.split_flags([flag])
    return f"--{name}" if value is None else f"--{name}={value}"


def default_workers(vcpus: int) -> int:
    """Return the number of tokenization workers of a spec that does not say it."""
    return max(1, min(vcpus - 1, MAX_TOKENIZATION_WORKERS))
