"""What a job changes of an environment's autoscaling, written down before, so that whatever ended it can be undone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import decode_json

Bounds = Mapping[str, int]
"""`min_replica` and `max_replica`."""
_KEYS = ("min_replica", "max_replica")


@dataclass(frozen=True)
class RaisedReplicas:
    """An environment's replicas before a job, and while it runs."""

    model: str
    """Its name on Baseten."""
    model_id: str
    environment: str
    before: Bounds
    raised: Bounds

    @property
    def place(self) -> str:
        """Return the environment for people."""
        return f"{self.model} ({self.environment})"

    @property
    def sentence(self) -> str:
        """Return why the environment differs from its spec."""
        raised, before = describe_bounds(self.raised), describe_bounds(self.before)
        return f"a backfill raised its replicas to {raised}; {before} again at its end"

    def again(self, replicas: int) -> "RaisedReplicas":
        """Return it for another run of a job that was killed: what was before stays what it was."""
        raised = raise_bounds(self.before, replicas)
        return RaisedReplicas(self.model, self.model_id, self.environment, self.before, raised)

    def is_there(self, settings: Bounds) -> bool:
        """Return whether an environment has these replicas still, or had them never.

        Anything else was set by somebody else meanwhile, and stays.
        """
        return bounds_of(settings) in (self.raised, self.before)


def bounds_of(settings: Bounds) -> dict[str, int]:
    """Return the replicas of autoscaling settings."""
    return {key: settings[key] for key in _KEYS}


def raise_bounds(settings: Bounds, replicas: int) -> dict[str, int]:
    """Return the replicas with at least so many kept up."""
    return {key: max(settings[key], replicas) for key in _KEYS}


def describe_bounds(settings: Bounds) -> str:
    """Return replicas as people write them: `1-4`."""
    return f"{settings['min_replica']}-{settings['max_replica']}"


def render_note(raised: RaisedReplicas) -> str:
    """Return the file that says what was before."""
    return json.dumps(asdict(raised), indent=2) + "\n"


def parse_note(text: str) -> RaisedReplicas:
    """Return what a file says. Raises `UserError` without the file's name."""
    try:
        found = decode_json(text)
        before, raised = (bounds_of(found[key]) for key in ("before", "raised"))
        names = [str(found[key]) for key in ("model", "model_id", "environment")]
        return RaisedReplicas(names[0], names[1], names[2], before, raised)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            "cannot be read, so nobody knows how many replicas there were before a backfill: run `pulumi refresh`, "
            "then `pulumi up`, and delete it"
        ) from error
