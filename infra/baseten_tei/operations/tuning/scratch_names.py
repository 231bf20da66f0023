"""What a scratch model is called, and the label that says what it is."""

import re

from baseten_tei.operations.tuning.settings_point import SettingsPoint
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.names import MAX_LENGTH, baseten_name

LABEL = "baseten_tei_tune"
"""On each of its deployments; its value is the name of the model in the stack that is tuned."""
_NAME = re.compile(r".+-tune(-\d+){4}")


def scratch_name(name: str, args: ModelArgs, point: SettingsPoint) -> str:
    """Return its name on Baseten while it is measured: that of the model, and its settings."""
    ending = "-tune-" + "-".join(map(str, vars(point).values()))
    return baseten_name(name, args)[: MAX_LENGTH - len(ending)] + ending


def is_scratch_name(name: str) -> bool:
    """Return whether a model could be one, by its name alone."""
    return _NAME.fullmatch(name) is not None
