"""What commands that call the package baseten-tei-client have in common: its errors, stores, journals, options."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from baseten_tei.errors import UserError
from baseten_tei.spec.spaces import Role

FORMS = (
    "A folder or s3://BUCKET/PREFIX (gs://, abfs://) for Parquet, postgresql://USER@HOST/DATABASE?table=TABLE, "
    "qdrant:http://HOST:6333/COLLECTION, lancedb:FOLDER/TABLE, or sqlite-vec:FILE/TABLE."
)

id_option = click.option(
    "--id", "id_column", default="id", metavar="COLUMN", help="By which a row is known."
)
file_option = click.option(
    "--file", metavar="FILE", help="Outputs as JSON, instead of the stack's. No project is needed."
)

_PASSWORD = re.compile(r"//[^/?@]*:[^/?@]+@|[?&]password=")


def check_store(option: str, where: str) -> None:
    """Raise `UserError` for a store with a password in it, which argv would show."""
    if where.startswith("postgres") and _PASSWORD.search(where):
        raise UserError(
            f"{option} has a password, which a list of processes shows: set PGPASSWORD, or use ~/.pgpass"
        )


def name_journal(given: str, model: str, role: Role | None, store: str) -> Path:
    """Return the journal of a backfill; `given` is the model as it was written, e.g. `search.next`."""
    mark = hashlib.sha256(f"{given} {role} {store}".encode()).hexdigest()[:8]
    return Path(f"backfill-{model}-{mark}.db")


def name_report(journal: Path) -> Path:
    """Return the report beside a journal."""
    return journal.with_suffix(".report.jsonl")


@contextmanager
def client_errors(command: str) -> Iterator[None]:
    """Turn what the client raises, or its absence, into one line."""
    try:
        from baseten_tei_client import TeiClientError
    except ImportError as error:
        raise UserError(
            f"{command} needs baseten-tei-client with the store's extra (parquet, pgvector, qdrant, lancedb or "
            "sqlite-vec): pip install 'baseten-tei-client[pgvector]' (where it comes from: docs/python-client.md)"
        ) from error
    try:
        yield
    except TeiClientError as error:
        raise UserError(str(error)) from error


def tell(line: str) -> None:
    """Say on stderr how far it is."""
    click.echo(line, err=True)
