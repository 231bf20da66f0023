"""What a pinned version was pushed with: a stack's outputs describe what serves, which the spec then does not."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from baseten_tei.errors import UserError

_NOT_TOLD = ("env", "labels")
"""What others deployed may hold a secret there, and no output tells of them."""


def read_pinned_spec(
    model: str,
    deployment_id: str,
    labels: Mapping[str, Any],
    read_config: Callable[[], Mapping[str, Any]],
    warn: Callable[[str], None],
) -> str:
    """Return the keys of the spec that would deploy this version, as JSON; empty, with a warning, where none would."""
    # They bring pydantic, for which a preview without changes shall not wait.
    from baseten_tei.deployment.read_back.deployed_config import read_deployed_config
    from baseten_tei.deployment.read_back.spec_of_config import read_spec

    try:
        deployed = read_deployed_config(read_config())
    except UserError as error:
        deployed = str(error)
    if not isinstance(deployed, str):
        spec = read_spec(deployed, labels)
        return json.dumps({key: it for key, it in spec.items() if key not in _NOT_TOLD})
    warn(
        f"model {model!r}: the config of the pinned deployment {deployment_id} cannot be read ({deployed}), so the "
        "outputs image, tei_version, limits, space and labels are the spec's: ask the router's /info for what serves"
    )
    return ""
