"""What a reader of a generated `config.yaml` would ask, answered beside the key."""

from collections.abc import Mapping

from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.sizes.permits import derive_permits
from baseten_tei.facts.tei.releases import at_least
from baseten_tei.facts.tei.routes import ROUTES
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.hf_token import SECRET_NAME

_TOKEN = {
    "secrets": f"Mounted as /secrets/{SECRET_NAME}; the value is a Baseten secret and stands nowhere here.",
    "weights.auth": "Without this Baseten would look for a secret named hf_access_token.",
    "build": "The token is mounted for the build step alone; no layer of the image holds it.",
}


def comments_of(args: ModelArgs) -> Mapping[str, str]:
    """Return, by dotted path in the config, the comment above that key."""
    return {
        **_TOKEN,
        "base_image": _image(args),
        "docker_server.no_build": "The image runs as it is: it has no python3, which a Truss build would want.",
        "docker_server.start_command": _permits(args),
        "docker_server.server_port": "Never 8080: Baseten's own proxy listens there.",
        "docker_server.predict_endpoint": ROUTES[args.task].predict_answers,
        "docker_server.readiness_endpoint": "TEI answers /health only after its warm-up.",
        "resources": _resources(args),
        "weights": "Mirrored once by Baseten and mounted before the container starts.",
        "weights.source": _revision(args),
        "build_commands": "The weights become a layer of the image: slow to build, nothing to fetch at start.",
        "environment_variables": "",
    }


def _image(args: ModelArgs) -> str:
    instance, image = resolve_hardware(args)
    kind = f"TEI {args.tei_version} for the {instance.accelerator}"
    kind += "; it refuses GPUs it was not compiled for." if instance.gpu_count else "."
    if not image.no_build:
        return kind
    return (
        f"{kind}\nAgainst 1.8.3: a batch above the free permits gets 429 at once, too long or too many\n"
        "inputs get 422 instead of 413."
    )


def _permits(args: ModelArgs) -> str:
    got = derive_permits(args)
    late = "get 429" if at_least(args.tei_version, "1.9.0") else "wait"
    return (
        f"max-concurrent-requests counts texts, not requests: {got.predict_concurrency} requests of up to "
        f"{got.max_client_batch_size} texts\nare {got.texts_at_most} texts in flight; "
        f"texts above {got.max_concurrent_requests} {late}."
    )


def _resources(args: ModelArgs) -> str:
    if args.instance_type is not None or args.accelerator == "CPU":
        return ""
    size = "Baseten takes the smallest instance with this GPU; more memory or CPU here could mean two GPUs."
    if not args.accelerators:
        return size
    return f"{size}\nOne of {', '.join(args.accelerators)}: an `up` that finds none free says what to do."


def _revision(args: ModelArgs) -> str:
    pinned = len(args.revision) == 40
    return (
        ""
        if pinned
        else f"{args.revision!r} can move: write revision: <commit> to deploy the same twice."
    )
