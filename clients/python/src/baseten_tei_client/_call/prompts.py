"""What is put before texts by name, as the stack's outputs tell it: `/v1/embeddings` takes no prompt."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client._spaces import Space
from baseten_tei_client.errors import UsageError

QUERY, DOCUMENT = "query", "document"


def find_prompt(outputs: ModelOutputs, name: str | None) -> str:
    """Return the prompt of this name; empty for `None`. Raises `UsageError`, which lists the names."""
    if name is None:
        return ""
    if isinstance(name, str) and name in outputs.prompts:
        return outputs.prompts[name]
    there = ", ".join(outputs.prompts) or "none: write `prompts` in its spec, and run `pulumi up`"
    raise UsageError(
        f"model {outputs.name!r} does not have the prompt {name!r}; its prompts are {there}"
    )


def own_prompt(outputs: ModelOutputs, name: str) -> str | None:
    """Return the name if the model has prompts: those of a model without them are what they are."""
    return name if outputs.prompts else None


def space_with(space: Space | None, name: str | None) -> Space | None:
    """Return the space of vectors of texts with this prompt: only those of documents have a document's prompt."""
    if space is None or name == DOCUMENT or space.document_prompt is None:
        return space
    return replace(space, document_prompt=None)


def as_list(texts: str | Iterable[str]) -> Any:
    """Return one text as a list of one."""
    return [texts] if isinstance(texts, str) else texts
