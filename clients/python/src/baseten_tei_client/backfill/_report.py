"""The report of a backfill: the rows that were cut, refused or came again, one JSON line each."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from baseten_tei_client.backfill._rows import Finding
from baseten_tei_client.errors import UsageError


def write_report(findings: Iterable[Finding], path: str | Path) -> None:
    """Write findings in the order of the source; atomic. Raises `UsageError` where it cannot be written."""
    target = Path(path)
    new = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(it.as_mapping()) + "\n" for it in findings)
        new.replace(target)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise UsageError(f"{target}: the report cannot be written: {error.strerror}") from error
