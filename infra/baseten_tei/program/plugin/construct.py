"""Registers one component of a program in another process, with all that is in it."""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.provider.experimental.property_value import PropertyValue, PropertyValueType
from pulumi.provider.provider import ConstructResult, Provider
from pulumi.resource import DependencyResource
from pulumi.runtime.settings import SETTINGS, set_root_resource

from baseten_tei.baseten.target import BASETEN, NO_TARGET
from baseten_tei.errors import UserError, did_you_mean
from baseten_tei.program import construction
from baseten_tei.program.collector import collect_unknown, is_collecting, unknown_output
from baseten_tei.program.components import CLASSES
from baseten_tei.program.context import once_in_a_program
from baseten_tei.program.plugin import PACKAGE
from baseten_tei.program.plugin.component_inputs import read_component, secret_failures
from baseten_tei.project.golden_files import project_root
from baseten_tei.provider.protocol.resource import Failure
from baseten_tei.provider.protocol.values import UNKNOWNS, plain
from baseten_tei.spec.type_tokens import component_type

Inputs = Mapping[str, PropertyValue]

_TASKS = {component_type(task): task for task in CLASSES}
_OUTPUTS = ("baseten_id", "deployment_id", "predict_url", "sync_url")


class Constructing(Provider):
    """Constructs from `inputs` as the engine sent them: the SDK would wrap those that have dependencies."""

    def __init__(
        self,
        inputs: Inputs,
        target: str | None,
        monitor: object,
        secret_outputs: Collection[str] = (),
    ) -> None:
        """`target` is that of a provider which the program made itself, else the configuration's counts.

        `monitor` is the one connection to the engine of all components of a program: by it they know each other.
        """
        super().__init__(None)
        self._inputs = inputs
        self._target = target
        self._monitor = monitor
        self._secret_outputs = secret_outputs

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Any,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Register the component. Raise `UserError`, or `InputPropertiesError` for what is wrong with an input."""
        del inputs
        task, options = _task(resource_type), options or pulumi.ResourceOptions()
        SETTINGS.monitor = self._monitor
        _prepare_process(self._target, options)
        if secrets := [key for key, it in self._inputs.items() if it.contains_secret()]:
            raise _invalid(secret_failures(secrets))
        if unknown := [key for key, it in self._inputs.items() if _is_unknown(it)]:
            return _unknown(name, resource_type, unknown, options)
        found = read_component(task, name, plain(dict(self._inputs)))
        if isinstance(found, list):
            raise _invalid(found)
        args, team = found
        model = CLASSES[task](name, args, options, team=team, after=_after(self._inputs, options))
        state = {**{name: model.outputs[name] for name in _OUTPUTS}, "outputs": model.outputs}
        secret = {
            key: pulumi.Output.secret(it)
            for key, it in state.items()
            if key in self._secret_outputs
        }
        return ConstructResult(model.urn, {**state, **secret})


def _prepare_process(target: str | None, options: pulumi.ResourceOptions) -> None:
    """Let this process stand for the program: its folder, its stack, its Baseten, its resources' provider."""
    SETTINGS.root_directory = str(project_root(Path.cwd()))
    if target is not None:
        pulumi.runtime.set_config("baseten:target", target)
    if not pulumi.runtime.is_dry_run():
        construction.leave_python(Path(sys.prefix))
    stack, project = pulumi.get_stack(), pulumi.get_project()
    root = f"urn:pulumi:{stack}::{project}::pulumi:pulumi:Stack::{project}-{stack}"
    set_root_resource(DependencyResource(root))
    given: dict[str, pulumi.ProviderResource] = dict(options.providers or {})  # type: ignore[arg-type]  # the SDK's servicer gives a map
    provider = given.get(PACKAGE) or _provider()
    provider.package = (
        "baseten"  # the engine takes any provider; the SDK wants one of the type's package
    )
    options.providers = {**given, "baseten": provider}
    construction.current.set(provider)


@once_in_a_program
def _provider() -> pulumi.ProviderResource:
    """This plugin again, as the provider of what is in the components.

    Its version and where it comes from are those of the components' own provider: the engine fills them in.
    """
    target = pulumi.Config("baseten").get("target")
    if not target:
        pulumi.log.warn(NO_TARGET)
    return pulumi.ProviderResource(PACKAGE, f"{PACKAGE}-resources", {"target": target or BASETEN})


def _task(resource_type: str) -> str:
    if resource_type in _TASKS:
        return _TASKS[resource_type]
    known = did_you_mean(resource_type, _TASKS) or f" Known: {', '.join(_TASKS)}"
    raise UserError(f"{resource_type!r} is not a component of this package.{known}")


def _invalid(failures: Iterable[Failure]) -> InputPropertiesError:
    told = [{"property_path": it.property, "reason": it.reason} for it in failures]
    return InputPropertiesError("its spec is refused:", told)  # type: ignore[arg-type]  # its typed dict is private


def _is_unknown(value: PropertyValue) -> bool:
    inner = value.value
    if isinstance(inner, Mapping):
        return any(map(_is_unknown, inner.values()))
    if isinstance(inner, tuple):
        return any(map(_is_unknown, inner))
    return value.type is PropertyValueType.COMPUTED or inner in UNKNOWNS


def _unknown(
    name: str, resource_type: str, unknown: Sequence[str], options: pulumi.ResourceOptions
) -> ConstructResult:
    """The component alone, in a preview that does not know its spec yet; the update will."""
    component = pulumi.ComponentResource(resource_type, name, {}, options)
    pulumi.log.warn(
        f"model {name!r}: {', '.join(unknown)} will be known only during the update, so this preview neither "
        "checks the model nor shows its steps",
        component,
    )
    if is_collecting():
        collect_unknown(name, unknown)
    return ConstructResult(component.urn, dict.fromkeys((*_OUTPUTS, "outputs"), unknown_output()))


def _after(inputs: Inputs, options: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """What the model has to come after: what its component depends on, said or by an input."""
    urns = sorted({urn for it in inputs.values() for urn in it.all_dependencies()})
    said = cast(
        "list[pulumi.Resource]", options.depends_on or []
    )  # the SDK's servicer gives a list
    return [*said, *map(DependencyResource, urns)]
