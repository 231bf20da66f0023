"""What is secret stays secret on every way through the provider, whoever the caller is."""

from collections.abc import Mapping

from pulumi.provider.experimental.property_value import PropertyValue

from baseten_tei.spec.type_tokens import API_KEY, SECRET

Properties = Mapping[str, PropertyValue]

SECRET_INPUTS: Mapping[str, tuple[str, ...]] = {SECRET: ("value",)}
"""Inputs that are secret in themselves, by type; the schema says the same (it is imported for documents only)."""

SECRET_OUTPUTS: Mapping[str, tuple[str, ...]] = {API_KEY: ("value",)}
"""Outputs that are secret in themselves, by type; the schema says the same."""


def mark_secrets(kind: str, inputs: Properties) -> dict[str, PropertyValue]:
    """Return inputs, those marked that a program in YAML may have written in the open."""
    names = SECRET_INPUTS.get(kind, ())
    return {key: it.with_secret(True) if key in names else it for key, it in inputs.items()}


def mark_secret_outputs(kind: str, outputs: Properties) -> dict[str, PropertyValue]:
    """Return outputs, those marked that are secret whatever a program says."""
    names = SECRET_OUTPUTS.get(kind, ())
    return {key: it.with_secret(True) if key in names else it for key, it in outputs.items()}


def hidden_inputs(kind: str, inputs: Properties) -> set[str]:
    """Return the inputs whose values no message may show."""
    return {key for key, it in mark_secrets(kind, inputs).items() if it.contains_secret()}


def as_secret_as(old: Properties, new: Properties) -> dict[str, PropertyValue]:
    """Return new values, each as secret as the old one at its place was, in maps within maps too."""
    return {key: _as_secret(old[key], it) if key in old else it for key, it in new.items()}


def _as_secret(old: PropertyValue, new: PropertyValue) -> PropertyValue:
    if old.is_secret:
        return new.with_secret(True)
    if isinstance(old.value, Mapping) and isinstance(new.value, Mapping):
        return PropertyValue(as_secret_as(old.value, new.value), new.is_secret, new.dependencies)
    return new.with_secret(True) if old.contains_secret() else new
