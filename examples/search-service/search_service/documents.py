"""Documents to search, one JSON object a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, StringConstraints, ValidationError

from search_service.errors import ServiceError

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Document(BaseModel, frozen=True):
    """A short text with a title; longer ones are cut by the models, so that they should come in parts."""

    id: Words
    topic: Words
    title: Words
    text: Words

    @property
    def passage(self) -> str:
        """What the models read."""
        return f"{self.title}. {self.text}"


def read_documents(path: Path) -> list[Document]:
    """All documents of a file. Raises `ServiceError` that names the line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ServiceError(
            f"{path}: {error.strerror}; give a file with a JSON object a line"
        ) from error
    documents = list(_parse(path, lines))
    if not documents:
        raise ServiceError(f"{path} holds no document; give a file with a JSON object a line")
    return documents


def _parse(path: Path, lines: list[bytes]) -> Iterator[Document]:
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            document = Document.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise ServiceError(f"{path}:{number}: {where}: {first['msg']}") from error
        if document.id in seen:
            raise ServiceError(
                f"{path}:{number}: id {document.id!r} is that of line {seen[document.id]} too: give it another"
            )
        seen[document.id] = number
        yield document
