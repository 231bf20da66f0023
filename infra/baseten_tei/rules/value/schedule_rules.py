"""Autoscaling schedules: when each holds, and whether two would hold at once."""

from collections.abc import Iterator

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.schedules.overlaps import find_overlaps
from baseten_tei.deployment.schedules.spec_schedules import (
    place,
    read_schedules,
    schedule_problems,
)
from baseten_tei.deployment.schedules.windows import Schedules
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.value.environment_rules import each_environment
from baseten_tei.spec.args import Autoscaling

_SOURCE = "Baseten docs: autoscaling schedules"


def each_schedules(subject: Subject) -> Iterator[tuple[str, Autoscaling, Schedules]]:
    """Yield what a message puts before a schedule's place, for each environment whose schedules can be read."""
    for where, it in each_environment(subject.args):
        if not next(schedule_problems(it.autoscaling), None):
            schedules = read_schedules(it.autoscaling) or Schedules()
            yield f"{where}autoscaling.", it.autoscaling, schedules


def _times(subject: Subject) -> Iterator[Finding]:
    for where, it in each_environment(subject.args):
        for line in schedule_problems(it.autoscaling):
            yield Finding.of_line(f"{where}autoscaling.{line}")


def _overlaps(subject: Subject) -> Iterator[Finding]:
    for where, autoscaling, schedules in each_schedules(subject):
        for one, other, when in find_overlaps(schedules):
            said = (
                f"{where}{place(one, autoscaling)} and {place(other, autoscaling)} overlap ({when})"
            )
            yield Finding(said, "write hours of which only one schedule has each")


def _replicas(subject: Subject) -> Iterator[Finding]:
    for where, autoscaling, schedules in each_schedules(subject):
        for it in schedules.windows:
            least, most = it.settings["min_replica"], it.settings["max_replica"]
            if least > most:
                name = place(it.name, autoscaling)
                yield Finding(
                    f"{where}{name}.min_replica {least} is above max_replica {most}",
                    f"write max_replica: {least} or more"
                    if name != "warm"
                    else f"write max_replica: {least} or more in autoscaling, or a lower min_replica",
                )


RULES: tuple[Rule, ...] = (
    Rule("TEI-SPEC-011", "error", "A schedule says when it holds, in the one time zone of its environment",
         f"{_SOURCE}; baseten 0.13.1 AutoscalingScheduleUpsert", _times, is_firm=True),
    Rule("TEI-SPEC-012", "error", "Schedules of an environment do not overlap",
         "this project: which of two would hold is not documented", _overlaps, is_firm=True),
    Rule("TEI-SPEC-013", "error", "A schedule's min_replica is at most its max_replica",
         _SOURCE, _replicas, is_firm=True),
)  # fmt: skip
