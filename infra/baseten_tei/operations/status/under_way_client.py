"""Versions that cannot serve yet, and why: how far their startups have come."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from baseten_tei.baseten.api import ApiError, BasetenApi
from baseten_tei.baseten.startups import describe_startup
from baseten_tei.baseten.statuses import FAILED, MEANINGS, READY, Meaning
from baseten_tei.baseten.versions import Serving, Version


def describe_under_way(
    api: BasetenApi, model_id: str, state: Mapping[str, Any], serving: Serving
) -> Iterator[str]:
    """Yield `d7 is DEPLOYING: no free L4 for 18 min` of each version that an environment waits for: a call each."""
    for version in _find_under_way(api, model_id, state, serving):
        said = f"{version.id} is {version.status}"
        try:
            startup = api.startup(model_id, version.id, time.time())
        except ApiError:  # no startups in this workspace: the status is all there is
            startup = None
        unready = startup is not None and startup.outcome != "SUCCESS"
        yield (
            f"{said}: {describe_startup(startup, version.instance_type)}"
            if startup and unready
            else said
        )


def _find_under_way(
    api: BasetenApi, model_id: str, state: Mapping[str, Any], serving: Serving
) -> Iterator[Version]:
    """What the environment serves or moves to, and what the last `up` left unready."""
    known = {it.id: it for it in (serving.current, serving.candidate) if it}
    left = state.get("failed_deployment_id")
    if left and left not in known:
        with suppress(ApiError):  # it was deleted
            known[left] = api.version(model_id, left)
    for version in known.values():
        starting = MEANINGS.get(version.status) is Meaning.STARTING
        if starting or (version.id == left and version.status not in READY | FAILED):
            yield version
