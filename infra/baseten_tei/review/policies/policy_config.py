"""The policies' configuration, in the format of Pulumi's `--policy-pack-config`.

    {"stack-budget": {"enforcementLevel": "mandatory", "usd": 5000}, "protected": "advisory", "all": "advisory"}

A text alone is a level; `all` is the level of every policy that has none of its own.
"""

import inspect
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from baseten_tei.errors import UserError, did_you_mean
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.review.policies import sections
from baseten_tei.spec.messages import kind_of

LEVEL = "enforcementLevel"
ALL = "all"
PATH = "policy/config.json"
"""Relative to the project."""

_WANTED = {
    "float_type": "a number",
    "finite_number": "a number",
    "greater_than_equal": "0 or more",
    "tuple_type": "a list",
    "dict_type": "an object",
    "string_type": "a text in quotes",
}
"""What each of pydantic's error types requires."""


class PolicyConfig(BaseModel):
    """A section for each policy, by its id; `stack-budget` is `stack_budget` in Python."""

    model_config = ConfigDict(
        alias_generator=lambda name: name.replace("_", "-"), frozen=True, extra="forbid"
    )

    stack_budget: sections.StackBudget = sections.StackBudget()
    model_budget: sections.ModelBudget = sections.ModelBudget()
    unknown_price: sections.UnknownPrice = sections.UnknownPrice()
    allowed_gpus: sections.AllowedGpus = sections.AllowedGpus()
    production_replicas: sections.ProductionReplicas = sections.ProductionReplicas()
    pinned_revision: sections.PinnedRevision = sections.PinnedRevision()
    no_mutable_images: sections.NoMutableImages = sections.NoMutableImages()
    protected: sections.Protected = sections.Protected()
    required_labels: sections.RequiredLabels = sections.RequiredLabels()
    allowed_licences: sections.AllowedLicences = sections.AllowedLicences()

    def section(self, policy: str) -> sections.Section:
        """Return the section of a policy, by its id."""
        found: sections.Section = getattr(self, policy.replace("-", "_"))
        return found


SECTIONS: Mapping[str, type[sections.Section]] = {
    str(field.alias): type(field.default) for field in PolicyConfig.model_fields.values()
}
"""The section of each policy, by id."""


def policy_title(policy: str) -> str:
    """Return what a policy asks for, in one line."""
    return inspect.getdoc(SECTIONS[policy]) or ""


def parse_policy_config(text: str) -> PolicyConfig:
    """Return the configuration in a JSON text; an empty one is all defaults. Raises `UserError`, a line per problem."""
    given = _parse_object(text)
    parsed: dict[str, sections.Section] = {}
    problems = [
        f"{name!r} is not a policy.{_suggest(name, SECTIONS)}"
        for name in given
        if name not in SECTIONS and name != ALL
    ]
    level = _level_of_all(given, problems)
    for policy in SECTIONS:
        try:
            parsed[policy] = parse_section(
                policy, {**level, **_section_object(policy, given.get(policy, {}))}
            )
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    return PolicyConfig.model_validate(parsed)


def parse_section(policy: str, given: Mapping[str, Any]) -> sections.Section:
    """Return one policy's section. Raises `UserError`, a line per problem, each with the policy's id."""
    return _validate(policy, SECTIONS[policy], given)


def _validate(
    name: str, section: type[sections.Section], given: Mapping[str, Any]
) -> sections.Section:
    try:
        return section.model_validate_json(json.dumps(given))
    except ValidationError as error:
        raise UserError(
            *(f"{name}: {_describe_error(it, section)}" for it in error.errors())
        ) from error


def _parse_object(text: str) -> dict[str, Any]:
    """Return the sections by policy; the file may be empty, as for Pulumi."""
    loaded = parse_json(text) if text.strip() else {}
    if isinstance(loaded, dict):
        return loaded
    raise UserError(
        f'must be an object of policies, not {kind_of(loaded)}: write e.g. {{"stack-budget": {{"usd": 5000}}}}'
    )


def _level_of_all(given: Mapping[str, Any], problems: list[str]) -> Mapping[str, Any]:
    """Return the level of every policy without its own; add what is wrong with it to `problems`."""
    if ALL not in given:
        return {}
    try:
        return _validate(ALL, sections.Section, _section_object(ALL, given[ALL])).model_dump()
    except UserError as error:
        problems += error.problems
        return {}


def _section_object(name: str, own: object) -> Mapping[str, Any]:
    """Return a policy's object; a text alone is its level. Raises `UserError` for other types."""
    if isinstance(own, str):
        return {LEVEL: own}
    if isinstance(own, Mapping):
        return own
    raise UserError(
        f'{name}: must be a level or an object, not {kind_of(own)}: write e.g. {{"{LEVEL}": "advisory"}}'
    )


def _describe_error(details: ErrorDetails, section: type[BaseModel]) -> str:
    """Return one of pydantic's errors in words of the file."""
    location = [str(part) for part in details["loc"]]
    key = ".".join(location[:-2] if location[-1] == "[key]" else location)
    given, context = details["input"], details.get("ctx") or {}
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key {key!r}.{_suggest(key, section.model_fields)}"
        case "value_error":
            return f"{key} {context['error']}"
        case "literal_error":
            hint = did_you_mean(str(given), re.findall(r"'([^']+)'", context["expected"]))
            return f"{key} {given!r} is not known: write {context['expected']}.{hint}"
        case kind:
            wanted = _WANTED.get(kind, "another kind of value")
            return f"{key} must be {wanted}, not {json.dumps(given)} ({kind_of(given)})"


def _suggest(word: str, known: Collection[str]) -> str:
    return did_you_mean(word, known) or f" Known: {', '.join(known)}"
