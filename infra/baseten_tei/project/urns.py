"""Names of resources: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.spec.type_tokens import COMPONENTS, PROVIDER

Values = Mapping[str, Any]


def urn_of(project: str, stack: str, kinds: str, name: str) -> str:
    """Return the URN of a resource; `kinds` are its parents' types and its own, joined by `$`."""
    return f"urn:pulumi:{stack}::{project}::{kinds}::{name}"


def kind_of(urn: str) -> str:
    """Return the resource's own type."""
    return urn.split("::", 3)[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """Return the resource's name."""
    return urn.split("::", 3)[3]


def is_ours(urn: str) -> bool:
    """Return whether it belongs to this package: a component, a resource of the provider, a push.

    A program may have its models below a component of its own.
    """
    kinds = urn.split("::", 3)[2].split("$")
    return any(kind.startswith((COMPONENTS, PROVIDER)) for kind in kinds)
