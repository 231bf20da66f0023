"""What a rule looks at: a spec, the model's locked facts, and what follows from both."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.instances import Instance
from baseten_tei.deployment.router_reading import Reading, read_repository, task_of
from baseten_tei.deployment.sizes.permits import Permits, derive_permits
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.facts.tei.releases import at_least
from baseten_tei.spec.args import ModelArgs


def find_facts(lock: Lock, model_id: str, revision: str) -> ModelFacts | None:
    """Return a model's locked facts, or `None`; its revision is the locked one, or the commit that was locked."""
    by_commit = (it for it in lock.values() if (it.model_id, it.commit) == (model_id, revision))
    return lock.get((model_id, revision)) or next(by_commit, None)


@dataclass(frozen=True)
class Subject:
    """One model of a stack. `facts` is `None` where it is not locked: such rules then say nothing."""

    name: str
    args: ModelArgs
    facts: ModelFacts | None = None
    written: ModelArgs | None = None
    """The spec as it is written, with its list of GPUs; `args` is the spec on the first of them."""
    others: tuple["Subject", ...] = ()
    """The same model on the further GPUs of that list."""

    @property
    def turns(self) -> tuple["Subject", ...]:
        """Return the model on each GPU of its list, in order; alone where it has no list."""
        return (self, *self.others)

    @cached_property
    def instance(self) -> Instance:
        """GPU, count and vCPUs."""
        return resolve_hardware(self.args)[0]

    @cached_property
    def image(self) -> str:
        """The image's reference."""
        return resolve_hardware(self.args)[1].reference

    @cached_property
    def config(self) -> dict[str, Any]:
        """The generated Truss config."""
        return build_config(self.name, self.args)

    @cached_property
    def permits(self) -> Permits:
        """Requests, texts per request, texts in flight."""
        return derive_permits(self.args)

    @cached_property
    def reading(self) -> Reading | None:
        """What the router makes of the repository; `None` where that is not known."""
        return read_repository(self.args, self.facts) if self.facts is not None else None

    @property
    def loaded_task(self) -> TaskReading | None:
        """What the router loads, or was about to load; `None` where that is not known."""
        return task_of(self.reading)

    def tei_at_least(self, version: str) -> bool:
        """Return whether the image's TEI is that release or newer."""
        return at_least(self.args.tei_version, version)
