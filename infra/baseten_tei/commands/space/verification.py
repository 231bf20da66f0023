"""A verification with the package baseten-tei-client: which models, indexes, queries and judge it takes."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseten_tei.commands.shared.served_models import connect_model
from baseten_tei.commands.shared.stores import name_journal, name_report, tell
from baseten_tei.errors import UserError

if TYPE_CHECKING:
    from baseten_tei_client.backfill import Verification

Outputs = Mapping[str, Any]
NO_JUDGE = "none"


@dataclass(frozen=True)
class Subject:
    """Which model's next is verified, where its record goes, and the key of its stack."""

    name: str
    resource: str
    """Of its next; the name where outputs alone are known."""
    record: Path
    key: str | None


def verify_index(subject: Subject, outputs: Outputs, given: Mapping[str, Any]) -> "Verification":
    """Compare the indexes of a model's current and next, by the command's options."""
    from baseten_tei_client.backfill import (
        Thresholds,
        open_index,
        open_source,
        read_queries,
        verify,
    )

    limits = ("min_coverage", "max_refused", "max_extra", "min_recall", "max_loss", "max_p95_ms")
    source = open_source(given["source"], id=given["id_column"], text=given["text_column"])
    queries = None if given["queries"] is None else read_queries(given["queries"])
    if queries is None:
        tell("no --queries: the beginnings of rows are asked. 200 from a log of searches say more")
    judge = _choose_judge(outputs, given["reranker"])
    served = {"outputs": outputs, "api_key": subject.key}
    with ExitStack() as models:
        current, following = (
            models.enter_context(connect_model(subject.name, space=role, **served))
            for role in ("current", "next")
        )
        reranker = models.enter_context(connect_model(judge, **served)) if judge else None
        return verify(
            current, following, source, old=open_index(given["old"]), new=open_index(given["new"]),
            queries=queries, judge_by=reranker, reports=_find_reports(subject, given),
            thresholds=Thresholds(**{it: given[it] for it in limits}), k=given["hits"],
            sample=given["sample"], seed=given["seed"], tell=tell,
        )  # fmt: skip


def check_task(name: str, outputs: Outputs) -> None:
    """Raise `UserError` for a model that has no index."""
    task = next((it.get("task") for key, it in _models(outputs) if key == name), "embedding")
    if task != "embedding":
        raise UserError(
            f"model {name!r} is a {task}: it has no index, and `baseten-tei space advance` needs no verification of it"
        )


def _models(outputs: Outputs) -> list[tuple[str, Outputs]]:
    """Return each model of outputs with its own, as far as they can be read."""
    models = outputs.get("models")
    named = models.items() if isinstance(models, Mapping) else ()
    return [(key, it) for key, it in named if isinstance(it, Mapping)]


def _choose_judge(outputs: Outputs, wanted: str | None) -> str | None:
    """Return which model judges. Raises `UserError` where that is open."""
    if wanted == NO_JUDGE:
        return None
    rerankers = [key for key, it in _models(outputs) if it.get("task") == "reranker"]
    if wanted is None and len(rerankers) > 1:
        raise UserError(f"there are several rerankers: name one: --reranker {rerankers[0]}")
    return wanted or next(iter(rerankers), None)


def _find_reports(subject: Subject, given: Mapping[str, Any]) -> list[Path]:
    """Return the reports that are named, or those that a backfill into this store left here."""
    if given["reports"]:
        return list(given["reports"])
    name, resource, store = subject.name, subject.resource, given["new"]
    journals = (
        name_journal(f"{name}.next", name, "next", store), name_journal(name, name, "next", store),
        name_journal(resource, resource, None, store),
    )  # fmt: skip
    return [it for it in map(name_report, journals) if it.exists()]


def is_emulated(name: str, outputs: Outputs) -> bool:
    """Return whether a model's endpoint is on this machine, so that its timings say nothing about a GPU."""
    url: str = outputs["models"][name]["predict_url"]
    return url.startswith("http://")
