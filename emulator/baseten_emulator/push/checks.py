"""What a push carries, and what of it is refused before anything is stored."""

import re
from dataclasses import dataclass, field
from typing import Any

from baseten_emulator.life import hardware
from baseten_emulator.life.promotion_start import Wish
from baseten_emulator.push.config_rules import config_errors
from baseten_emulator.world.wire import bad_request


@dataclass(frozen=True)
class Push:
    """What a push carries. `environment` None means: no promotion asked for."""

    config: dict[str, Any]
    s3_key: str | None
    raw_config: str | None = None
    user_env: dict[str, Any] | None = None
    labels: dict[str, Any] | None = None
    deployment_name: str | None = None
    environment: str | None = None
    create_environment: bool = False
    deploy_timeout_minutes: int | None = None
    preserve_instance_type: bool = True
    scale_down_previous: bool = True
    is_development: bool = False
    instance_type_id: str | None = None
    region: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    """Of autoscaling, backpressure and schedules, where they came along."""
    promotion_override: dict[str, Any] = field(default_factory=dict)

    @property
    def wish(self) -> Wish:
        """The promotion that it asks for."""
        return Wish(
            self.scale_down_previous,
            self.preserve_instance_type,
            self.settings,
            self.promotion_override,
        )


def check_push(push: Push) -> None:
    """Refuse what the server validates before anything is stored. Raises ApiError 400."""
    errors = config_errors(push.config)
    if errors:
        raise bad_request("invalid config: " + "; ".join(errors))
    if push.deployment_name and not re.fullmatch(r"[0-9a-zA-Z_.-]{1,255}", push.deployment_name):
        raise bad_request(
            f"deployment name {push.deployment_name!r} may only hold letters, digits, _-."
        )
    timeout = push.deploy_timeout_minutes
    if timeout is not None and not 10 <= timeout <= 1440:
        raise bad_request(f"deploy_timeout_minutes must be between 10 and 1440, not {timeout}")
    if push.region and push.region not in hardware.REGIONS:
        raise bad_request(f'"{push.region}" is not a region; GET /v1/regions lists them')
    if push.promotion_override and push.environment is None:
        raise bad_request("promotion_settings_override requires environment_name")
    if "autoscaling_schedule_settings" in push.settings and push.environment is None:
        raise bad_request("autoscaling_schedule_settings requires environment_name")
    if push.instance_type_id and push.preserve_instance_type:
        raise bad_request("instance_type_id cannot be set with preserve_env_instance_type: true")
