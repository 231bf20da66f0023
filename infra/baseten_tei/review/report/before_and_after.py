"""A model before and after: what the preview's resources say of it, as specs and configs again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from baseten_tei.deployment.config_yaml import render_config
from baseten_tei.deployment.truss_config import json_for_yaml, truss_config
from baseten_tei.review.report.engine_preview import Preview, State, Step
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.parsing import parse_spec
from baseten_tei.spec.type_tokens import COMPONENTS, ENVIRONMENT, MODEL, PUSH

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class ModelState:
    """A model as it was, or as it is to be: its spec, and the inputs of its resources."""

    name: str
    spec: Inputs
    model: Inputs = field(default_factory=dict)
    push: Inputs = field(default_factory=dict)
    environments: Mapping[str, Inputs] = field(default_factory=dict)
    told: Mapping[str, Inputs] = field(default_factory=dict)
    """What the environments say of themselves (outputs), by name; only of what is there already."""
    missing: str = ""
    """What a refresh found gone of the model itself."""
    protected: bool = False

    @cached_property
    def args(self) -> ModelArgs | None:
        """The typed spec; `None` where it was written for another version of this package."""
        try:
            parsed = parse_spec("", self.spec)
        except ValidationError:
            return None
        return None if isinstance(parsed, list) else parsed

    @property
    def digest(self) -> str:
        """Of the config that is pushed; empty where nothing is."""
        return str((self.push.get("environment") or {}).get("BASETEN_TEI_DIGEST", ""))

    @cached_property
    def config(self) -> dict[str, Any]:
        """The Truss config; empty where nothing is pushed."""
        return dict(json.loads(self.push.get("stdin") or "{}"))

    @property
    def config_text(self) -> str:
        """`config.yaml`, as it is reviewed in truss_configs/."""
        if not self.config:
            return ""
        args = self.args
        if args is None:
            return json_for_yaml(self.config)
        return render_config(_order_like(self.config, truss_config(self.name, args)), args)


@dataclass(frozen=True)
class ModelChange:
    """One model: its steps, and both of its sides."""

    name: str
    steps: Sequence[Step]
    before: ModelState | None
    after: ModelState | None
    once: str | None = None
    """What it was called in the stack, if that was another name."""

    def step(self, kind: str) -> Step | None:
        """Its first resource of a type."""
        return next((step for step in self.steps if step.type == kind), None)


def model_changes(preview: Preview) -> dict[str, ModelChange]:
    """Each model of a preview, by its resource's name."""
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


def _model_state(name: str, found: Sequence[tuple[Step, State | None]]) -> ModelState | None:
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
        told={it["inputs"]["environment"]: it.get("outputs") or {} for it in of[ENVIRONMENT]},
        missing=str(((of[MODEL] or [{}])[0].get("outputs") or {}).get("drift") or ""),
        protected=any(state.get("protect") for _, state in states),
    )


def _inputs(states: Sequence[State]) -> Inputs:
    return (states[0].get("inputs") or {}) if states else {}


def _order_like(config: Inputs, like: Inputs) -> dict[str, Any]:
    """The same config in the order that people read it in: the state keeps its keys sorted."""
    names = [*(it for it in like if it in config), *(it for it in config if it not in like)]
    return {it: _order_value_like(config[it], like.get(it)) for it in names}


def _order_value_like(value: Any, like: Any) -> Any:
    if isinstance(value, Mapping):
        return _order_like(value, like if isinstance(like, Mapping) else {})
    if isinstance(value, list):
        known = like if isinstance(like, list) else []
        return [
            _order_value_like(it, known[n] if n < len(known) else None)
            for n, it in enumerate(value)
        ]
    return value
