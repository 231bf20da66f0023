"""The section of each policy in the configuration, with its defaults."""

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from baseten_tei.deployment.instances import GPUS, ON_REQUEST
from baseten_tei.errors import did_you_mean
from baseten_tei.facts.tei import releases
from baseten_tei.spec.args import Accelerator

Level = Literal["mandatory", "advisory", "disabled"]
Replicas = Literal["minimum", "typical", "maximum"]
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]

KNOWN_GPUS = tuple(name for name in get_args(Accelerator) if name != "cheapest")


def _check_gpu(name: str) -> str:
    if name not in KNOWN_GPUS:
        known = did_you_mean(name, KNOWN_GPUS) or f" Known: {', '.join(KNOWN_GPUS)}"
        raise ValueError(f"{name!r} is not a GPU of Baseten.{known}")
    return name


def _check_place(text: str) -> str:
    if not re.fullmatch(r"[^/\s]+/[^/\s]+", text):
        raise ValueError(f"{text!r} is not <stack>/<model>: write e.g. production/bge")
    return text


def _check_reason(text: str) -> str:
    if not text.strip():
        raise ValueError("has no reason: write why the policy does not hold there")
    return text


Gpu = Annotated[str, AfterValidator(_check_gpu)]
Place = Annotated[str, AfterValidator(_check_place)]
Reason = Annotated[str, AfterValidator(_check_reason)]


class Section(BaseModel):
    """Frozen, strict, and no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    enforcementLevel: Level = "mandatory"  # noqa: N815  # Pulumi's own word
    """`mandatory` stops the preview, `advisory` is shown, `disabled` is neither."""


class ModelSection(Section):
    """Of a policy that judges each model by itself."""

    reasons: dict[Place, Reason] = {}
    """Models that it does not hold for, as `<stack>/<model>`, each with the reason."""


class StackBudget(Section):
    """All models of a stack cost no more than this."""

    enforcementLevel: Level = "advisory"  # noqa: N815  # Pulumi's own word
    """An amount that nobody chose stops nobody."""
    usd: Usd = 5000
    """US dollars a month."""
    at: Replicas = "maximum"
    """The replicas that count, those of each hour under schedules: `minimum`, `typical` (at least one), `maximum`."""
    stacks: dict[str, Usd] = {}
    """`usd` of single stacks."""


class ModelBudget(Section):
    """A model in all of its environments costs no more than this."""

    enforcementLevel: Level = "advisory"  # noqa: N815  # Pulumi's own word
    """As for `stack-budget`."""
    usd: Usd = 4000
    """US dollars a month."""
    at: Replicas = "maximum"
    """As for `stack-budget`."""
    models: dict[Place, Usd] = {}
    """`usd` of single models, as `<stack>/<model>`."""


class UnknownPrice(ModelSection):
    """The price of each model's instance type is known, or budgets cannot be judged."""

    enforcementLevel: Level = "advisory"  # noqa: N815  # Pulumi's own word
    """A price that is not known is never counted as nothing."""


class AllowedGpus(ModelSection):
    """Models run on these GPUs only."""

    gpus: tuple[Gpu, ...] = tuple(it for it in KNOWN_GPUS if it in GPUS and it not in ON_REQUEST)
    """Accelerators, `CPU` among them; by default those with a listed price that need no request."""


class ProductionReplicas(ModelSection):
    """On a real account, the environment `production` keeps a replica up."""


class PinnedRevision(ModelSection):
    """What is deployed is a commit, written or locked: a branch or tag can move."""


class NoMutableImages(ModelSection):
    """The image is named by a digest, or by a full release in a repository whose releases do not move."""

    trusted: tuple[str, ...] = (releases.MIRROR, releases.UPSTREAM)
    """Repositories whose release tags are taken for immutable."""


class Protected(ModelSection):
    """On a real account, Pulumi refuses to delete the model, or only forgets it."""


class RequiredLabels(ModelSection):
    """Deployments carry these labels."""

    labels: tuple[str, ...] = ()
    """Keys that a model's `labels` must hold, with a value."""


class AllowedLicences(ModelSection):
    """The repository's licence, as it was locked, is one of these."""

    enforcementLevel: Level = "advisory"  # noqa: N815  # Pulumi's own word
    """A repository's own word on its licence is not legal advice."""
    licences: tuple[str, ...] = ("apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0")
    """As the Hugging Face Hub writes them, in either case."""
    unknown: Literal["refuse", "allow"] = "refuse"
    """What happens to a model that is not locked, or whose repository does not name a licence."""
