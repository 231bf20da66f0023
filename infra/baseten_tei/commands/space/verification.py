"""A verification with the package baseten-tei-client: which models, indexes, queries and judge it takes."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baseten_tei.commands.shared.served_models import connect_model
from baseten_tei.commands.shared.stores import name_journal, name_report
from baseten_tei.errors import UserError

if TYPE_CHECKING:
    from baseten_tei_client.backfill import Verification

Outputs = Mapping[str, Any]
NO_JUDGE = "none"


def verify_index(
    name: str, outputs: Outputs, key: str | None, given: Mapping[str, Any]
) -> "Verification":
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
        _tell("no --queries: the beginnings of rows are asked. 200 from a log of searches say more")
    judge = _choose_judge(outputs, given["reranker"])
    served = {"outputs": outputs, "api_key": key}
    with ExitStack() as models:
        current, following = (
            models.enter_context(connect_model(name, space=role, **served))
            for role in ("current", "next")
        )
        reranker = models.enter_context(connect_model(judge, **served)) if judge else None
        return verify(
            current, following, source, old=open_index(given["old"]), new=open_index(given["new"]),
            queries=queries, judge_by=reranker, reports=_find_reports(name, given),
            thresholds=Thresholds(**{it: given[it] for it in limits}), k=given["hits"],
            sample=given["sample"], seed=given["seed"], tell=_tell,
        )  # fmt: skip


def _choose_judge(outputs: Outputs, wanted: str | None) -> str | None:
    """Return which model judges. Raises `UserError` where that is open."""
    if wanted == NO_JUDGE:
        return None
    models = outputs.get("models")
    named = models.items() if isinstance(models, Mapping) else ()
    rerankers = [
        key for key, it in named if isinstance(it, Mapping) and it.get("task") == "reranker"
    ]
    if wanted is None and len(rerankers) > 1:
        raise UserError(f"there are several rerankers: name one: --reranker {rerankers[0]}")
    return wanted or next(iter(rerankers), None)


def _find_reports(name: str, given: Mapping[str, Any]) -> list[Path]:
    """Return the reports that are named, or those that a backfill into this store left here."""
    if given["reports"]:
        return list(given["reports"])
    words = (f"{name}.next", name)
    names = (name_report(name_journal(it, name, "next", given["new"])) for it in words)
    return [it for it in names if it.exists()]


def _tell(line: str) -> None:
    click.echo(line, err=True)
