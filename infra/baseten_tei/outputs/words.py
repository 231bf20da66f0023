"""What the classes of outputs have in common."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)


class Words(BaseModel):
    """Frozen; keys that a later version adds are nothing to this one."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _fill_nulls(cls, outputs: Any) -> Any:
        """A program in another language may leave out what is null."""
        if not isinstance(outputs, Mapping):
            return outputs
        fields = cls.model_fields.items()
        nullable = [name for name, it in fields if type(None) in get_args(it.annotation)]
        return {**dict.fromkeys(nullable), **outputs}

    @model_serializer(mode="wrap")
    def _leave_out(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What need not be there is left out where it is null, so that outputs without it stay as they were."""
        fields = type(self).model_fields
        return {
            key: value
            for key, value in handler(self).items()
            if value is not None or key not in fields or fields[key].is_required()
        }
