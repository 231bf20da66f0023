"""The sizes that a spec comes to, and which of them its locked facts change."""

from baseten_tei.deployment.gpu_choice import accelerator_of
from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.permits import derive_permits
from baseten_tei.deployment.sizing import size_spec
from baseten_tei.deployment.start_command import default_workers
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.spec.args import ModelArgs


def find_sizes(args: ModelArgs) -> dict[str, str | int]:
    """Return each size by its key, as it is deployed, whether the spec says it or not."""
    allowed = derive_permits(args)
    return {
        "accelerator": accelerator_of(args),
        "max_batch_tokens": args.max_batch_tokens,
        "max_client_batch_size": allowed.max_client_batch_size,
        "max_concurrent_requests": allowed.max_concurrent_requests,
        "predict_concurrency": allowed.predict_concurrency,
        "tokenization_workers": args.tokenization_workers
        or default_workers(resolve_hardware(args)[0].vcpus),
    }


def name_changed_sizes(args: ModelArgs, facts: ModelFacts) -> str:
    """Return the sizes that a lock with these facts changes: `max_client_batch_size 32 → 15, …`; empty for none."""
    before, after = find_sizes(args), find_sizes(size_spec(args, facts))
    changed = [key for key in before if before[key] != after[key]]
    return ", ".join(f"{key} {before[key]} → {after[key]}" for key in changed)
