"""Reads the documents to search, one JSON object a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, StringConstraints, ValidationError

from search_service.errors import ServiceError

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Document(BaseModel, frozen=True):
    """A short text with a title. The models cut long ones, so split them."""

    id: Words
    topic: Words
    title: Words
    text: Words

    @property
    def passage(self) -> str:
        """Return the text that the models read."""
        return f"{self.title}. {self.text}"

    @property
    def payload(self) -> dict[str, str]:
        """Return what an index keeps beside id and vector."""
        return {"topic": self.topic, "title": self.title, "text": self.text}

    @classmethod
    def of(cls, id_: str, payload: str) -> "Document":
        """Return the document that an index keeps."""
        return cls.model_construct(id=id_, **json.loads(payload))


def read_documents(path: Path) -> list[Document]:
    """Return all documents of a file. Raises `ServiceError`, which names the line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ServiceError(
            f"{path}: {error.strerror}; give a file with a JSON object a line"
        ) from error
    documents = list(_parse(path, lines))
    if not documents:
        raise ServiceError(f"{path} has no documents; give a file with a JSON object a line")
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
                f"{path}:{number}: id {document.id!r} is also that of line {seen[document.id]}: change one of them"
            )
        seen[document.id] = number
        yield document
