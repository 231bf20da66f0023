"""A model that gets another name on Baseten, in place: ids, URLs and versions stay, and nothing is pushed for it.

The name is in the pushed config, and so in its digest. Until something else changes, what is wanted is therefore the
version as it was pushed, under the name that the model had then (`wanted_push`).
"""

import json
from collections.abc import Mapping
from typing import Any

from baseten_tei.deployment.push_job import Job

NAME = "model_name"
"""The key of the name in a Truss config."""


def pushed_after(state: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return name and digest of a model's last push, after an update: only where it has got another name since.

    `state` and `inputs` are the Model resource's. What pushes makes them its own again.
    """
    if "name" not in state or state.get("drift"):
        return {}
    if state["name"] != inputs["name"]:
        before = {"pushed_name": state["name"], "pushed_digest": state.get("digest") or ""}
        return {key: state.get(key) or it for key, it in before.items()}
    if state.get("digest") != inputs.get("digest"):
        return {}
    return {key: state[key] for key in ("pushed_name", "pushed_digest") if state.get(key)}


def config_to_push(job: Job) -> str:
    """Return the config that goes to truss: under the name that the model has, which truss finds it by."""
    config = json.loads(job.config)
    if config.get(NAME) == job.model:
        return job.config
    # With the specs, which take their time: every push step would pay for them.
    from baseten_tei.deployment.config.truss_config import render_canonical

    return render_canonical({**config, NAME: job.model})
