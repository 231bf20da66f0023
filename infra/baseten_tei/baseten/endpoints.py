"""Where a served model is called. Source: Baseten docs (inference API) and TEI's routes."""

from baseten_tei.baseten.target import Target
from baseten_tei.facts.tei.routes import ROUTES


def endpoint_templates(target: Target, environment: str, task: str) -> dict[str, str]:
    """Return every URL that stays the same from one version to the next, with `{model_id}` to fill in.

    `predict_url` maps to the task's own route; `sync_url` reaches every route of the router, so that
    `{sync_url}/predict` and `predict_url` are two different things for a reranker.
    """
    host = target.model_url
    serving = f"{host}/environments/{environment}"
    return {
        "predict_url": f"{serving}/predict",
        "development_predict_url": f"{host}/development/predict",
        "sync_url": f"{serving}/sync",
        "wake_url": f"{serving}/wake",
        **({"openai_base_url": f"{serving}/sync/v1"} if task == "embedding" else {}),
        ROUTES[task].url_output: f"{serving}/sync{ROUTES[task].path}",
    }


def deployment_url(target: Target, model_id: str, deployment_id: str) -> str:
    """Return where one version is called, whatever serves the environment."""
    return f"{target.model_url.format(model_id=model_id)}/deployment/{deployment_id}"
