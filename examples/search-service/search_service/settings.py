"""Reads the output of the service's Pulumi stack: three models of the embeddings stack and their roles."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from baseten_tei_client import Space
from search_service.errors import ServiceError

Role = Literal["current", "next", "previous"]
"""Which of the models under a name: what serves, what is to follow it, what served before."""


class Roles(BaseModel, frozen=True):
    """The names of the models in the embeddings stack."""

    embedding: str
    reranker: str
    classifier: str


class Settings(BaseModel, frozen=True):
    """The output `settings`; `connect` takes `outputs` as it is."""

    schema_version: int
    models: dict[str, dict[str, Any]]
    roles: Roles

    @property
    def outputs(self) -> dict[str, Any]:
        return {"schema_version": self.schema_version, "models": self.models}

    @property
    def spaces(self) -> dict[Role, Space]:
        """Return the spaces of the embedding models under the name, by what each is; empty if there is one."""
        spaces = self.models.get(self.roles.embedding, {}).get("spaces") or {}
        return {role: Space.of(served["space"]) for role, served in spaces.items() if served}

    @property
    def on_emulator(self) -> bool:
        """Return whether the models are an emulator's, whose scores only count shared words."""
        url = str(self.models.get(self.roles.embedding, {}).get("sync_url"))
        return url.startswith("http://")


def read_settings(path: Path) -> Settings:
    """Return the settings in a file. Raises `ServiceError`."""
    how = f"run `pulumi stack output settings --json > {path}`"
    try:
        return Settings.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ServiceError(f"{path}: {error.strerror}; {how}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ServiceError(f"{path}: {where} {first['msg']}; {how}") from error
