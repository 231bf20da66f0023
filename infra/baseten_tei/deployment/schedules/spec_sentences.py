"""Schedules of a spec as sentences, and with before and after instead of their fields one by one."""

from collections.abc import Iterator

from baseten_tei.deployment.differences import NONE, Texts
from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.schedules.sentences import describe_window
from baseten_tei.deployment.schedules.spec_schedules import (
    place,
    read_schedules,
    schedule_problems,
)
from baseten_tei.spec.args import ModelArgs

KEYS = ("autoscaling.warm", "autoscaling.schedules")


def say_schedules(texts: Texts, before: ModelArgs | None, after: ModelArgs | None) -> Texts:
    """Return `before → after` by field, with one sentence for each schedule that changed."""
    if before is None or after is None or not any(map(_is_schedule, texts)):
        return texts
    if not (are_readable(before) and are_readable(after)):
        return texts
    one, other = dict(list_sentences(before)), dict(list_sentences(after))
    rest = {path: text for path, text in texts.items() if not _is_schedule(path)}
    changed = [path for path in {**one, **other} if one.get(path) != other.get(path)]
    said = {path: f"{one.get(path, NONE)} → {other.get(path, NONE)}" for path in changed}
    return {**rest, **(said or {path: texts[path] for path in texts if _is_schedule(path)})}


def are_readable(args: ModelArgs) -> bool:
    """Return whether the schedules of a spec say when they hold; those that do not are a rule's finding."""
    every = all_environments(args).values()
    return not any(problem for it in every for problem in schedule_problems(it.autoscaling))


def list_sentences(args: ModelArgs) -> Iterator[tuple[str, str]]:
    """Yield each schedule's place in a spec, and the schedule as a sentence."""
    for name, it in all_environments(args).items():
        where = "" if name == args.environment else f"environments.{name}."
        schedules = read_schedules(it.autoscaling)
        for window in schedules.windows if schedules else ():
            path = f"{where}autoscaling.{place(window.name, it.autoscaling)}"
            yield path, describe_window(window, schedules.timezone if schedules else None)


def _is_schedule(path: str) -> bool:
    return any(
        path.startswith(key) or (f".{key}" in path and path.startswith("environments."))
        for key in KEYS
    )
