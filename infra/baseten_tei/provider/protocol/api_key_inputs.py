"""The inputs and outputs of an API key, typed."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from baseten_tei.provider.protocol.input_types import Hidden, NotEmpty, Typed

KeyType = Literal[
    "WORKSPACE_INVOKE", "WORKSPACE_EXPORT_METRICS", "WORKSPACE_MANAGE_ALL",
    "WORKSPACE_MANAGE_API_KEYS", "ROUTES",
]  # fmt: skip
SCOPED = ("WORKSPACE_INVOKE", "WORKSPACE_EXPORT_METRICS")
"""Types of keys that may be for some models only (SDK 0.13.1, `CreateAPIKeyRequest`)."""
TEAMLESS = ("WORKSPACE_MANAGE_API_KEYS",)
"""Types of keys that belong to no team (the same)."""
PERSONAL = (
    "type must not be PERSONAL: such a key is of the person whose key runs `up`, and ends with that account: write "
    "type: WORKSPACE_INVOKE, or make one at https://app.baseten.co/settings/api_keys"
)


def _some(models: list[str]) -> list[str]:
    """An empty list would be a key for every model."""
    if not models:
        raise PydanticCustomError(
            "none", "models is empty: leave it out for every model, or write one"
        )
    return models


class ApiKeyInputs(Typed):
    """An API key: by default one that may call models, and nothing else. Import id: its prefix.

    Any change makes a new key; the one before works on for `keep_previous_hours`, and the first update after that
    deletes it.
    """

    name: NotEmpty | None = None
    """Name, of which its name on Baseten is made; default: the resource's own."""
    type: KeyType | None = None
    """What it opens; default: `WORKSPACE_INVOKE`."""
    models: Annotated[list[NotEmpty], AfterValidator(_some)] | None = None
    """Models that it is for, each by its id on Baseten or by its name; default: every model of the team."""
    team: NotEmpty | None = None
    """Team that it is of, by name or id; default: your organization's default team."""
    rotate_when: str | None = None
    """Any text, e.g. `2026-12`: another one makes a new key."""
    keep_previous_hours: Annotated[int, Field(ge=0, le=8760)] | None = None
    """Hours that the previous key works on after a new one was made; default: 24. 0 deletes it at once."""
    project: NotEmpty | None = None
    """Pulumi project that makes it; default: the resource's own."""
    stack: NotEmpty | None = None
    """Pulumi stack that makes it; default: the resource's own."""
    state_id: NotEmpty | None = None
    """Id of the Pulumi state that makes it (`StateId`)."""

    @model_validator(mode="before")
    @classmethod
    def _no_person(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("type") == "PERSONAL":
            raise PydanticCustomError("personal", PERSONAL, {"property": "type"})
        return values

    @model_validator(mode="after")
    def _fit(self) -> Self:
        kind = self.type or SCOPED[0]
        if self.models is not None and kind not in SCOPED:
            raise PydanticCustomError(
                "scope",
                "models: a key of type {kind} is for all that it opens: leave models out, or write "
                "type: WORKSPACE_INVOKE",
                {"kind": kind, "property": "models"},
            )
        if self.team is not None and kind in TEAMLESS:
            raise PydanticCustomError(
                "team",
                "team: a key of type {kind} does not belong to a team: leave team out",
                {"kind": kind, "property": "team"},
            )
        return self


class ApiKeyOutputs(ApiKeyInputs):
    """A key as it is."""

    project: NotEmpty
    """Pulumi project that made it."""
    stack: NotEmpty
    """Pulumi stack that made it."""
    value: Hidden | None = None
    """The whole key; none after an import, for Baseten shows it once."""
    prefix: str
    """Its public part, by which Baseten lists it."""
    key_name: str
    """Its name on Baseten."""
    model_ids: list[str]
    """Ids of the models that it is for; none for every model of the team."""
    generation: str
    """A count that grows with each new key."""
    made_at: str | None = None
    """When it was made; none after an import."""
    previous_prefixes: list[str]
    """Keys before it that still work."""
    drift: dict[str, str]
    """What a refresh found to be different, by field; empty where nothing is."""
