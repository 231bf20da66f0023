"""What the router loads, or was about to load when it stopped."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.router_reading import task_of
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.spec.args import EmbeddingArgs


def loaded_task(subject: Subject) -> TaskReading | None:
    """Return the task; `None` where the router does not come so far, or that is not known."""
    return task_of(subject.reading)


def spec_pooling(subject: Subject) -> str | None:
    """Return the spec's own pooling; rerankers and classifiers have none."""
    return subject.args.pooling if isinstance(subject.args, EmbeddingArgs) else None
