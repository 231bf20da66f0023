"""A model before and after a change, read from the preview's resources."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from baseten_tei.deployment.config.config_yaml import render_config
from baseten_tei.deployment.config.truss_config import build_config, json_for_yaml
from baseten_tei.review.report.engine_preview import Preview
from baseten_tei.review.report.preview_shape import Step
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spec_parser import parse_spec
from baseten_tei.spec.type_tokens import COMPONENTS, ENVIRONMENT, MODEL, PUSH

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class ModelState:
    """A model as it was or will be: its spec, and the inputs of its resources."""

    name: str
    spec: Inputs
    model: Inputs = field(default_factory=dict)
    push: Inputs = field(default_factory=dict)
    environments: Mapping[str, Inputs] = field(default_factory=dict)
    outputs: Mapping[str, Inputs] = field(default_factory=dict)
    """The outputs of its environments by name; empty for new ones."""
    missing: str = ""
    """What a refresh found to be gone of the model itself; empty if nothing."""
    protected: bool = False

    @cached_property
    def args(self) -> ModelArgs | None:
        """Return the typed spec; `None` if another version of this package wrote it."""
        try:
            parsed = parse_spec("", self.spec)
        except ValidationError:
            return None
        return None if isinstance(parsed, list) else parsed

    @property
    def serving(self) -> Inputs:
        """Return the outputs of the environment that the spec names; empty for a new one."""
        return self.outputs.get(str(self.spec.get("environment", "")), {})

    @property
    def digest(self) -> str:
        """Return the pushed config's digest; empty if nothing is pushed."""
        return str((self.push.get("environment") or {}).get("BASETEN_TEI_DIGEST", ""))

    @cached_property
    def config(self) -> dict[str, Any]:
        """Return the Truss config; empty if nothing is pushed."""
        return dict(json.loads(self.push.get("stdin") or "{}"))

    @property
    def config_text(self) -> str:
        """Return `config.yaml`, as it stands in truss_configs/."""
        if not self.config:
            return ""
        args = self.args
        if args is None:
            return json_for_yaml(self.config)
        return render_config(_order_like(self.config, build_config(self.name, args)), args)


@dataclass(frozen=True)
class ModelChange:
    """One model of a preview: its steps, its state before and after."""

    name: str
    steps: Sequence[Step]
    before: ModelState | None
    after: ModelState | None
    once: str | None = None
    """Its earlier name in the stack, if that was another."""


def model_changes(preview: Preview) -> dict[str, ModelChange]:
    """Return each model of a preview, by its resource's name."""
    names = [step.name for step in preview.steps if step.type.startswith(COMPONENTS)]
    children: dict[str, list[Step]] = {name: [] for name in names}
    for step in preview.steps:
        whose = step.name if step.type.startswith(COMPONENTS) else step.parent
        if whose in children:
            children[whose].append(step)
    return {name: _model_change(name, steps) for name, steps in children.items()}


def _model_change(name: str, steps: Sequence[Step]) -> ModelChange:
    return ModelChange(
        name,
        steps,
        _model_state(name, [(step, step.old) for step in steps]),
        _model_state(name, [(step, None if step.op == "delete" else step.new) for step in steps]),
    )


def _model_state(name: str, found: Sequence[tuple[Step, Inputs | None]]) -> ModelState | None:
    states = [(step.type, state) for step, state in found if state is not None]
    spec = next((state for kind, state in states if kind.startswith(COMPONENTS)), None)
    if spec is None:
        return None
    of = {
        kind: [state for it, state in states if it == kind] for kind in (MODEL, PUSH, ENVIRONMENT)
    }
    model = _inputs(of[MODEL])
    return ModelState(
        name,
        spec=spec.get("inputs") or {},
        model=model,
        push=_inputs(of[PUSH]),
        environments={it["inputs"]["environment"]: it["inputs"] for it in of[ENVIRONMENT]},
        outputs={it["inputs"]["environment"]: it.get("outputs") or {} for it in of[ENVIRONMENT]},
        missing=str(((of[MODEL] or [{}])[0].get("outputs") or {}).get("drift") or ""),
        protected=any(state.get("protect") for _, state in states),
    )


def _inputs(states: Sequence[Inputs]) -> Inputs:
    return (states[0].get("inputs") or {}) if states else {}


def _order_like(value: Any, like: Any) -> Any:
    """Return a config with its keys in the order of another: the state keeps them sorted."""
    if isinstance(value, Mapping):
        known = like if isinstance(like, Mapping) else {}
        names = sorted(value, key=[*known, *value].index)
        return {name: _order_like(value[name], known.get(name)) for name in names}
    if isinstance(value, list):
        items = [*(like if isinstance(like, list) else []), *value]
        return [_order_like(*pair) for pair in zip(value, items, strict=False)]
    return value
