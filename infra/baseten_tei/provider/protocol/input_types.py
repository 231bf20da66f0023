"""What the typed inputs of all resources are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NotEmpty = Annotated[str, Field(min_length=1)]
Identity = Annotated[NotEmpty, Field(json_schema_extra={"willReplaceOnChanges": True})]
"""What a resource is found by: another one is another resource."""
Hidden = Annotated[NotEmpty, Field(json_schema_extra={"secret": True})]


class Typed(BaseModel):
    """Strict (no `"1"` for 1, no `true` for 1), and no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
