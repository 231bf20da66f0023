"""A model as the workspace has it, and whether it is one to adopt now."""

from collections.abc import Mapping
from dataclasses import dataclass

from baseten_tei.baseten.statuses import FAILED
from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment.ownership import Owner, mark_of, pusher_of
from baseten_tei.deployment.read_back.deployed_config import Data
from baseten_tei.provider.release.deletion_guards import PRODUCTION
from baseten_tei.spec.names import baseten_name_problem, model_name_problem, suggest_name


@dataclass(frozen=True)
class FoundModel:
    """A model as the workspace has it, with the configs of what its environments serve, by deployment id."""

    name: str
    environments: tuple[Serving, ...]
    configs: Mapping[str, Data]

    @property
    def serving(self) -> list[Serving]:
        """Return the environments that serve something, the model's own one first: `production`, where it does."""
        alive = [it for it in self.environments if it.current and it.current.status not in FAILED]
        return sorted(alive, key=lambda it: (it.name != PRODUCTION, it.name))

    @property
    def config(self) -> Data:
        """Return the config of what the model is; of one that failed where nothing else is there."""
        ids = [serving_id(it) for it in (*self.serving, *self.environments) if it.current]
        return self.configs[ids[0]] if ids else {}


def refuse_model(found: FoundModel, owner: Owner, *, by_name: bool) -> str | None:
    """Return why this model cannot, or should not, be adopted now."""
    if problem := baseten_name_problem(found.name):
        return f"{problem.partition(': write')[0]}: rename it on Baseten"
    if moving := next((it for it in found.environments if it.promoting), None):
        return f"environment {moving.name!r} is being promoted: adopt it when that has ended"
    if not found.serving:
        states = ", ".join(
            f"{it.name}: {it.current.status if it.current else 'nothing'}"
            for it in found.environments
        )
        return f"no environment serves anything ({states}): promote a deployment on Baseten, and adopt it then"
    current = found.serving[0].current
    if not by_name and current and mark_of(current) and not owner.owns(current):
        return f"{pusher_of(current)} pushed it: name it to take it over"
    return None


def name_in_stack(name: str) -> str:
    """Return the key of a model's entry: its name, or one like it where that cannot be a folder's name too."""
    return suggest_name(name) if model_name_problem(name) else name


def serving_id(serving: Serving) -> str:
    """Return the deployment that an environment serves; empty where it serves none."""
    return serving.current.id if serving.current else ""
