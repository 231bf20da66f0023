"""`baseten-tei space verify`: whether the index of a model's next can take over, by the package baseten-tei-client."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.target import find_api_key
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.interrupts import interruptible
from baseten_tei.commands.shared.options import FILE, on_a_stack_unless
from baseten_tei.commands.shared.served_models import read_stack_outputs
from baseten_tei.commands.shared.stores import (
    FORMS,
    check_store,
    client_errors,
    file_option,
    id_option,
)
from baseten_tei.commands.space.verification import (
    NO_JUDGE,
    Outputs,
    Subject,
    check_task,
    is_emulated,
    verify_index,
)
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.formats import VERIFICATION
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.operations.spaces.verification_page import render_page
from baseten_tei.project import generated_files
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import stack_with
from baseten_tei.project.verification_files import verification_path
from baseten_tei.spec.spaces import find_role

if TYPE_CHECKING:
    from baseten_tei_client.backfill import Verification

PART = click.FloatRange(0, 1)


@click.command(name="verify")
@click.argument("model")
@click.option(
    "--from",
    "source",
    required=True,
    metavar="FILE",
    help="The rows of both indexes: Parquet, JSON Lines or CSV; also a folder or a pattern of them.",
)
@click.option(
    "--old", required=True, metavar="STORE", help=f"The index that is searched now. {FORMS}"
)
@click.option("--new", required=True, metavar="STORE", help="The index of next, in the same forms.")
@id_option
@click.option("--text", "text_column", default="text", metavar="COLUMN", help="What was embedded.")
@click.option(
    "--queries",
    type=FILE,
    metavar="FILE",
    help="As users ask them: one a line, or JSON Lines with `query`.  [default: the beginnings of rows]",
    show_default=False,
)
@click.option(
    "--reranker",
    metavar="NAME",
    help=f"Model that judges the hits; {NO_JUDGE}: nobody does.  [default: the stack's only reranker]",
    show_default=False,
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=1000,
    metavar="ROWS",
    help="To embed anew and compare with what is stored.",
)
@click.option("-k", "hits", type=click.IntRange(min=1), default=10, help="Hits of a query.")
@click.option(
    "--report",
    "reports",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Of the backfill; may be repeated.  [default: backfill-MODEL-….report.jsonl here]",
    show_default=False,
)
@click.option("--min-coverage", type=PART, default=1.0, help="Of the rows that were not refused.")
@click.option("--max-refused", type=PART, default=0.01, help="Part of the rows.")
@click.option("--max-extra", type=click.IntRange(min=0), default=0, help="Vectors of no row.")
@click.option(
    "--min-recall",
    type=PART,
    help="Part of the old hits that is found again.  [default: 0.2 without a reranker, else any]",
    show_default=False,
)
@click.option(
    "--max-loss",
    type=click.FloatRange(min=0),
    default=0.05,
    help="Of nDCG, by the worse end of its interval.",
)
@click.option(
    "--max-p95-ms", type=click.FloatRange(min=0), metavar="MS", help="For embedding and searching."
)
@click.option("--seed", type=int, default=0, help="Of what is chosen at random.")
@click.option(
    "--record",
    type=FILE,
    metavar="FILE",
    help="What was found, as JSON; its page is beside it.  [default: verified/STACK/MODEL.json]",
    show_default=False,
)
@file_option
@on_a_stack_unless("file")
def command(
    root: Path | None, stack: str | None, model: str, file: str | None, **given: Any
) -> int:
    """Find out whether the index of MODEL's next can take over from the one that is searched now (docs/spaces.md).

    It reads both indexes and the rows, embeds some of them anew, asks both the same queries, lets a reranker judge
    the hits, and takes the time. The record and a page with pictures go to verified/<stack>/, to be committed with
    the change: `space advance` needs a record that passed. Exits with 1 where something did not.
    """
    with client_errors("space verify"), interruptible("nothing was changed"):
        check_store("--old", given["old"])
        check_store("--new", given["new"])
        subject = _find_subject(root, stack, model, given["record"])
        outputs = _read_outputs(root, stack, file)
        check_task(subject.name, outputs)
        found = verify_index(subject, outputs, given)
        record = {
            "format": VERIFICATION.version,
            "model": subject.name,
            "stack": stack,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "emulated": is_emulated(subject.name, outputs),
            **found.as_mapping(),
        }
        return _write(subject.record, record, found)


def _find_subject(root: Path | None, stack: str | None, model: str, record: Path | None) -> Subject:
    """Return what is verified, and where its record goes. Raises `UserError` for a model without next."""
    name = model.removesuffix(".next")
    if root is None or stack is None:
        return Subject(name, name, record or Path(f"verified-{name}.json"), None)
    target = Workspace(root, stack).target
    if target.embedded:
        ensure_running(target.management_url, root)
    found, given = stack_with(root, stack, name)
    name, _ = find_role(found.settings.models, given)
    _, resource = stack_with(root, stack, f"{name}.next")
    path = record or root / verification_path(stack, resource)
    return Subject(name, resource, path, find_api_key(target, os.environ))


def _read_outputs(root: Path | None, stack: str | None, file: str | None) -> Outputs:
    """Return a stack's outputs, or those of a file as they are: the client says what is wrong with them."""
    if root is not None:
        return read_stack_outputs(root, stack)
    with naming(file):
        outputs = parse_json(read_text(Path(str(file))))
        if not isinstance(outputs, Mapping):
            raise UserError("is not an object: give the JSON of `pulumi stack output --json`")
    return outputs


def _write(path: Path, record: Mapping[str, Any], found: "Verification") -> int:
    for check in found.checks:
        click.echo(check.line)
    page = path.with_suffix(".html")
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    generated_files.write_if_changed(path, text)
    generated_files.write_if_changed(page, render_page(record))
    click.echo(f"wrote {path} and {page.name} beside it: commit both")
    if found.passed:
        click.echo(f"passed: the index of {record['model']}.next can take over")
        return 0
    click.echo(f"not passed: `baseten-tei space advance {record['model']}` refuses it")
    return FINDING
