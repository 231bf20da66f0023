"""Baseten's SDK."""

from baseten.client import InferenceClient
from baseten.client.inferenceapi import PredictInput
from stack import KEY, Stack, expect_refusal


def _inference_client(stack: Stack, model: str) -> InferenceClient:
    url = stack.url(model, "predict_url").removesuffix("/environments/production/predict")
    return InferenceClient(api_key=KEY, base_url_override=url)


def baseten_predict_takes_no_list(stack: Stack) -> None:
    bodies = {
        "bge-reranker": {"query": "a", "texts": ["b"]},
        "go-emotions": {"inputs": "I love this!"},
    }
    for model, body in bodies.items():
        with expect_refusal("ValidationError", "PredictOutput"):
            _inference_client(stack, model).api.predict(
                env_name="production", request=PredictInput(body)
            )


def baseten_environment_names_a_host(_stack: Stack) -> None:
    url = InferenceClient.default_base_url(model_id="abcd1234", environment="staging")
    assert url == "https://model-abcd1234-staging.api.baseten.co", url


def baseten_waits_five_seconds(stack: Stack) -> None:
    timeout = _inference_client(stack, "bge").http_client.timeout
    assert timeout.read == 5, timeout
