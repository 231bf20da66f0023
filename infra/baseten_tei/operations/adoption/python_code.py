"""A spec as the code of a Pulumi program in Python."""

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

import baseten_tei
from baseten_tei.spec.args import ARGS_BY_TASK

PIN = "  # adopted as it runs: remove this line, and the next `pulumi up` pushes the spec above"
_CLASSES = {
    "autoscaling": "Autoscaling",
    "promotion": "Promotion",
    "rolling_deploy_config": "RollingDeploy",
    "warm": "Warm",
}
"""The class of each mapping with keys of its own."""
_EACH = {"environments": "EnvironmentArgs", "schedules": "Schedule"}
"""The class of each value in a mapping by name."""


def render_models(models: Mapping[str, Mapping[str, Any]], team: str | None = None) -> str:
    """Return the lines that register models, with their imports; each spec with its `task`, as in a configuration."""
    code = "\n\n".join("\n".join(_model(name, spec, team)) for name, spec in models.items())
    used = set(re.findall(r"\b[A-Z]\w+(?=\()", code))
    public = sorted(used & {*baseten_tei.__all__})
    others = sorted(used - {*public})
    imports = [f"from baseten_tei import {', '.join(public)}"]
    imports += [f"from baseten_tei.spec.args import {', '.join(others)}"] if others else []
    return "\n".join([*imports, "", code])


def render_keywords(values: Mapping[str, Any], indent: int = 0) -> str:
    """Return values as the keyword arguments of a call, one a line."""
    return "\n".join(f"{' ' * indent}{line}" for line in _keywords(values))


def _model(name: str, spec: Mapping[str, Any], team: str | None) -> Iterator[str]:
    args = ARGS_BY_TASK[spec["task"]].__name__
    yield f"{_variable(name)} = {args.removesuffix('Args')}("
    yield f"    {_literal(name)},"
    yield f"    {args}("
    yield from (f"        {line}" for line in _keywords(_without(spec, "task")))
    yield "    ),"
    if team:
        yield f"    team={_literal(team)},"
    yield ")"


def _keywords(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        first, *rest = _value(key, value)
        lines = [f"{key}={first}", *rest]
        yield from lines[:-1]
        yield f"{lines[-1]},{PIN if key == 'deployment' else ''}"


def _value(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and key in _CLASSES:
        yield from _call(_CLASSES[key], value)
    elif isinstance(value, Mapping) and key in _EACH:
        yield "{"
        for name, inner in value.items():
            first, *rest = _call(_EACH[key], inner)
            lines = [f"{_literal(name)}: {first}", *rest]
            yield from (f"    {line}" for line in lines[:-1])
            yield f"    {lines[-1]},"
        yield "}"
    else:
        yield _literal(value)


def _call(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield f"{name}("
    yield from (f"    {line}" for line in _keywords(values))
    yield ")"


def _literal(value: Any) -> str:
    """Return a value as Python writes it; a list of a spec is a tuple in its class."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        inner = ", ".join(map(_literal, value))
        return f"({inner},)" if value else "()"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(it)}' for key, it in value.items())}}}"
    return repr(value)


def _variable(name: str) -> str:
    found = re.sub(r"\W", "_", name, flags=re.ASCII)
    return (
        f"{found}_" if keyword.iskeyword(found) else f"_{found}" if found[:1].isdigit() else found
    )


def _without(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}
