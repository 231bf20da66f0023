"""Settings of environments: autoscaling, promotion, pins, and what a rotated token restarts."""

from collections.abc import Iterator

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.spec.args import EnvironmentArgs, ModelArgs
from baseten_tei.spec.hf_token import SECRET_NAME

_SOURCE = "Baseten docs: {}"


def each_environment(args: ModelArgs) -> Iterator[tuple[str, EnvironmentArgs]]:
    """Yield what a message puts before a key of each environment, and its settings."""
    for name, it in all_environments(args).items():
        yield "" if name == args.environment else f"environments.{name}.", it


def _replicas(subject: Subject) -> Iterator[Finding]:
    for place, it in each_environment(subject.args):
        least, most = it.autoscaling.min_replica, it.autoscaling.max_replica
        if least > most:
            said = f"{place}autoscaling.min_replica {least} is above max_replica {most}"
            yield Finding(said, f"write max_replica: {least} or more")


def _rolling(subject: Subject) -> Iterator[Finding]:
    for place, it in each_environment(subject.args):
        rolling = it.promotion.rolling_deploy_config if it.promotion else None
        if rolling is None:
            continue
        surge, unavailable = rolling.max_surge_percent, rolling.max_unavailable_percent
        what = f"{place}promotion.rolling_deploy_config"
        if surge and unavailable:
            yield Finding(
                f"{what}: max_surge_percent {surge} and max_unavailable_percent {unavailable} exclude each other",
                "write one",
            )
        elif not surge and not unavailable and (surge, unavailable) != (None, None):
            yield Finding(
                f"{what}: one of max_surge_percent and max_unavailable_percent must not be 0",
                "write e.g. max_surge_percent: 25",
            )


def _pins(subject: Subject) -> Iterator[Finding]:
    for place, it in each_environment(subject.args):
        if it.deployment is not None and not it.deployment.strip():
            fix = "write previous, a deployment's id, or a config digest"
            yield Finding(f"{place}deployment is empty", fix)


def _rotation(subject: Subject) -> Finding | None:
    """A model that reads no token has nothing to restart for."""
    if not subject.args.redeploy_on_rotation or subject.args.gated:
        return None
    said = f"redeploy_on_rotation: true needs a model that reads {SECRET_NAME}"
    return Finding(said, "write gated: true, or leave it out")


RULES: tuple[Rule, ...] = (
    Rule("TEI-SPEC-007", "error", "min_replica is at most max_replica",
         _SOURCE.format("autoscaling"), _replicas, is_firm=True),
    Rule("TEI-SPEC-008", "error", "A rolling deployment has exactly one of its two percents",
         _SOURCE.format("rolling deployments"), _rolling, is_firm=True),
    Rule("TEI-SPEC-009", "error", "A pin names a version", "this project: deployment", _pins, is_firm=True),
    Rule("TEI-SPEC-010", "error", "A rotated token restarts a model that reads one",
         "this project: redeploy_on_rotation", _rotation, is_firm=True),
)  # fmt: skip
