"""Signals to a promotion in progress: cancel, pause, resume, force. Raises ApiError 400 where one has no effect.

OpenAPI: pause, resume and the forced ones are for rolling promotions; a pause begins when the current step completes;
a cancel answers CANCELED, or RAMPING_DOWN where traffic has to be returned first.
"""

from dataclasses import replace

from baseten_emulator.life import audit
from baseten_emulator.life.promotion_end import end_promotion, progress_of, take_over
from baseten_emulator.life.promotion_progress import Progress
from baseten_emulator.world.records import Candidate, Deployment, Environment
from baseten_emulator.world.wire import bad_request
from baseten_emulator.world.world import World


def cancel(world: World, environment: Environment) -> str:
    """Give the promotion up, step by step where some traffic has moved; return the status to answer."""
    candidate, progress = _require_under_way(world, environment)
    audit.on_signal(world, environment, candidate, "GRACEFUL_CANCEL")
    if not progress.percent:
        end_promotion(world, environment, "CANCELED")
        return "CANCELED"
    if candidate.ramping_down_from is None:
        _put(world, environment, replace(candidate, ramping_down_from=world.now()))
    return "RAMPING_DOWN"


def pause(world: World, environment: Environment) -> None:
    """Pause after the step in progress."""
    candidate, progress = _require_rolling(world, environment)
    if candidate.ramping_down_from is not None:
        raise bad_request("the promotion is ramping down: it cannot be paused")
    audit.on_signal(world, environment, candidate, "PAUSE")
    if candidate.pause_from is None:
        _put(world, environment, replace(candidate, pause_from=progress.end_of_present_step))


def resume(world: World, environment: Environment) -> None:
    """Go on from where it was paused."""
    candidate, progress = _require_rolling(world, environment)
    if candidate.pause_from is None:
        raise bad_request("the promotion is not paused")
    audit.on_signal(world, environment, candidate, "RESUME")
    held = progress.seconds_held
    _put(world, environment, replace(candidate, pause_from=None, held_seconds=held))


def force_cancel(world: World, environment: Environment) -> None:
    """Give all traffic back at once."""
    candidate, _ = _require_rolling(world, environment)
    audit.on_signal(world, environment, candidate, "FORCE_CANCEL")
    end_promotion(world, environment, "CANCELED")


def force_roll_forward(world: World, environment: Environment) -> None:
    """Shift all traffic at once, even while it is ramping down."""
    candidate, progress = _require_rolling(world, environment)
    deployment = world.store.get(Deployment, candidate.deployment_id)
    if deployment is None or progress.ready_at is None:
        raise bad_request(
            f"deployment {candidate.deployment_id} is not ready: no traffic can be shifted"
        )
    audit.on_signal(world, environment, candidate, "FORCE_ROLL_FORWARD")
    take_over(world, environment, deployment, world.now())


def _require_under_way(world: World, environment: Environment) -> tuple[Candidate, Progress]:
    candidate, progress = environment.candidate, progress_of(world, environment)
    if candidate is None or progress is None:
        raise bad_request(f'environment "{environment.name}" has no promotion in progress')
    return candidate, progress


def _require_rolling(world: World, environment: Environment) -> tuple[Candidate, Progress]:
    candidate, progress = _require_under_way(world, environment)
    if candidate.rolling is None:
        raise bad_request("the promotion is not a rolling one: it can only be canceled")
    return candidate, progress


def _put(world: World, environment: Environment, candidate: Candidate) -> None:
    world.store.put(replace(environment, candidate=candidate))
