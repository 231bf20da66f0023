"""What is predicted of a stack's model, from the results that its project has saved."""

from baseten_tei.deployment.sizes.vram import count_parameters
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.operations.tuning.prediction import Prediction, predict
from baseten_tei.project import generated_files
from baseten_tei.project.stack import Workspace
from baseten_tei.review.report.throughput import read_measurements

GPUS = ("T4", "L4", "A10G", "A100", "H100")
"""That anybody may have, and that cost different amounts."""


def predict_model(workspace: Workspace, facts: ModelFacts | None, gpu: str) -> Prediction | None:
    """Return a prediction; `None` where the model's size, or the GPU's arithmetic, is not known. Raises `UserError`."""
    size = count_parameters(facts) if facts else None
    if size is None:
        return None
    lock = generated_files.locked_facts(workspace.root, workspace.stack)
    known = {key[0]: found for key, it in lock.items() if (found := count_parameters(it))}
    return predict(gpu, size, read_measurements(workspace.root), known)


def predict_by_gpu(workspace: Workspace, facts: ModelFacts | None) -> dict[str, Prediction]:
    """Return the predictions for those of `GPUS` that have one."""
    return {gpu: it for gpu in GPUS if (it := predict_model(workspace, facts, gpu))}
