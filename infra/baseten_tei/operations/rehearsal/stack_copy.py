"""A stack's configuration as it can be brought up on an emulator, where nobody has its secrets.

What only means something on the real Baseten is left out: pins of deployments that are there alone, and protection,
which would keep the rehearsal from taking down what it made.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.project.copies.credential_free import credential_free_environment
from baseten_tei.project.copies.secure_values import replace_values
from baseten_tei.project.rehearsed_outputs import VARIABLE as VARIABLE_OF_OUTPUTS
from baseten_tei.spec.hf_token import TOKEN_KEY, VARIABLE
from baseten_tei.spec.spec_parser import MODELS

TARGET = "baseten:target"
STATE = ".state"
"""The folder with pulumi's state, the logs of pushes, and what one that is cut off leaves behind."""
PLACEHOLDER = "rehearsal"
"""In place of every secret. The emulator opens gated repositories to any token."""
API_KEY = "rehearsal-api-key"
"""The emulator's; no word of a log's, since whatever equals it is masked there."""
TEAM = "default"
"""The emulator's own."""
PATIENCE_SECONDS = "60"
"""For a version that is not ready: on the emulator that takes a second."""


@dataclass(frozen=True)
class Copy:
    """A configuration on another target, and what was left out of it, a line each."""

    config: Mapping[str, Any]
    left_out: tuple[str, ...]


def copy_stack(config: Mapping[str, Any], address: str) -> Copy:
    """Return the `config:` of a stack file, for the emulator at an address."""
    plain = {key: replace_values(value, _without_secret) for key, value in config.items()}
    here = {**plain, TOKEN_KEY: {"from_env": VARIABLE}, TARGET: address}
    models = plain.get(MODELS)
    if not isinstance(models, Mapping):
        return Copy(here, ())
    left_out = pins_left_out(models)
    specs = {name: _spec(spec) for name, spec in models.items()}
    return Copy({**here, MODELS: specs}, tuple(left_out))


def pulumi_environment(
    environ: Mapping[str, str], folder: str, teams: Collection[str]
) -> dict[str, str]:
    """Return what pulumi and the emulator see of the environment: no key, no token, a state in `folder`.

    `teams` are those that the emulator has besides its own.
    """
    kept = credential_free_environment(environ, f"file://{folder}/{STATE}")
    kept.pop("CI", None)  # there nothing is written, and a copy begins without truss_configs/
    return kept | {
        "XDG_STATE_HOME": f"{folder}/{STATE}",
        "TMPDIR": f"{folder}/{STATE}",
        "BASETEN_API_KEY": API_KEY,
        "BASETEN_EMULATOR_API_KEY": API_KEY,
        "BASETEN_EMULATOR_TEAMS": ",".join(dict.fromkeys((TEAM, *teams))),
        "BASETEN_TEI_PATIENCE_SECONDS": PATIENCE_SECONDS,
        VARIABLE_OF_OUTPUTS: f"{folder}/{STATE}/outputs",
    }


def _without_secret(value: Any) -> Any:
    secret = isinstance(value, Mapping) and list(value) in (["secure"], ["from_env"])
    return PLACEHOLDER if secret else value


def _spec(spec: Any) -> Any:
    """Return a model's spec without pins and protection; a wrong one stays as wrong as it is."""
    if not isinstance(spec, Mapping):
        return spec
    kept = {key: value for key, value in spec.items() if key not in ("deployment", "protect")}
    environments = kept.get("environments")
    if isinstance(environments, Mapping):
        kept["environments"] = {name: _spec(inner) for name, inner in environments.items()}
    beside = {role: _spec(kept[role]) for role in ("next", "previous") if role in kept}
    return {**kept, **beside}


def pins_left_out(models: Mapping[str, Any]) -> list[str]:
    """Return a line for each pin in specs: only the real Baseten has what it names."""
    return [line for name, spec in models.items() for line in _left_out(name, spec)]


def _left_out(model: str, spec: Any) -> Iterator[str]:
    if not isinstance(spec, Mapping):
        return
    if "deployment" in spec:
        yield f"model {model!r}: deployment: {spec['deployment']} is left out: no such deployment is here"
    environments = spec.get("environments")
    for name, inner in environments.items() if isinstance(environments, Mapping) else ():
        if isinstance(inner, Mapping) and "deployment" in inner:
            yield (
                f"model {model!r}: environments.{name}.deployment: {inner['deployment']} is left out: "
                "no such deployment is here"
            )
    for role in ("next", "previous"):
        yield from _left_out(f"{model}.{role}", spec.get(role))
